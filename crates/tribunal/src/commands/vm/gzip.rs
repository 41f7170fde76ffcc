//! Gzip on all processors: the members of a file are compressed beside each other.
//!
//! A gzip file is a sequence of members (RFC 1952, section 2.2), and readers, Cannon's among them, join what these contain.

use flate2::{Compression, write::GzEncoder};
use rayon::prelude::*;
use std::io::{self, Write};

/// Bytes that a member contains, uncompressed.
const MEMBER_BYTES: usize = 4 << 20;

/// Compresses what is written to it. [`GzipWriter::finish`] must be called at the end.
pub(crate) struct GzipWriter<W> {
    out: W,
    /// The contents of the members that are not compressed yet. The last one grows.
    members: Vec<Vec<u8>>,
    /// How many members are compressed at a time.
    at_a_time: usize,
}

impl<W: Write> GzipWriter<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W) -> Self {
        Self { out, members: vec![Vec::new()], at_a_time: rayon::current_num_threads() }
    }

    /// Writes what is left, and returns the writer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.compress()?;
        Ok(self.out)
    }

    fn compress(&mut self) -> io::Result<()> {
        let members = std::mem::replace(&mut self.members, vec![Vec::new()]);
        let compressed: Vec<_> = members.into_par_iter().map(|member| compress(&member)).collect();
        compressed.into_iter().try_for_each(|member| self.out.write_all(&member?))
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.members.last().is_some_and(|member| member.len() >= MEMBER_BYTES) {
            if self.members.len() >= self.at_a_time {
                self.compress()?;
            } else {
                self.members.push(Vec::new());
            }
        }
        match self.members.last_mut() {
            Some(member) => member.write(bytes),
            None => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn compress(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut member = GzEncoder::new(Vec::with_capacity(content.len() / 2), Compression::fast());
    member.write_all(content)?;
    member.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, MEMBER_BYTES, 3 * MEMBER_BYTES + 5] {
            let content: Vec<u8> = (0..length).map(|at| (at / 7 % 251) as u8).collect();
            let mut writer = GzipWriter::new(Vec::new());
            content.chunks(4099).for_each(|chunk| writer.write_all(chunk).unwrap());
            let file = writer.finish().unwrap();
            let mut back = Vec::new();
            MultiGzDecoder::new(&file[..]).read_to_end(&mut back).unwrap();
            assert!(back == content, "{length} bytes");
        }
    }

    #[test]
    fn an_error_of_the_writer_is_returned() {
        let mut full = [0; 4];
        let mut writer = GzipWriter::new(&mut full[..]);
        writer.write_all(b"content").unwrap();
        assert!(writer.finish().is_err());
    }
}
