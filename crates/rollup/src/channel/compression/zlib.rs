//! The zlib container (RFC 1950).

use adler2::Adler32;
use alloy_primitives::Bytes;

use super::{buffered::End, inflate::Inflate};

/// Decodes a zlib stream.
#[derive(Debug)]
pub(crate) struct ZlibReader {
    inflate: Inflate,
    checksum: Adler32,
    end: Option<End>,
}

impl ZlibReader {
    /// Opens the stream. `None` if it does not start with a zlib header.
    pub(crate) fn new(data: &Bytes) -> Option<Self> {
        let &[method, flags] = data.first_chunk()?;
        if method & 0x0f != 8 || method >> 4 > 7 || u16::from_be_bytes([method, flags]) % 31 != 0 {
            return None;
        }
        // A preset dictionary is accepted only if it is empty. Its checksum is then 1.
        let preset = flags & 0x20 != 0;
        if preset && data.get(2..6)? != [0, 0, 0, 1] {
            return None;
        }
        let inflate = Inflate::new(data.slice(if preset { 6 } else { 2 }..));
        Some(Self { inflate, checksum: Adler32::new(), end: None })
    }

    /// See [`super::Decompressor::read`].
    pub(super) fn read(&mut self, out: &mut [u8]) -> (usize, Option<End>) {
        if self.end.is_some() {
            return (0, self.end);
        }
        let (count, mut end) = self.inflate.read(out);
        self.checksum.write_slice(&out[..count]);
        if end == Some(End::Complete)
            && self.inflate.trailer() != Some(self.checksum.checksum().to_be_bytes())
        {
            end = Some(End::Damaged);
        }
        self.end = end;
        (count, end)
    }

    /// See [`super::Decompressor::cut_short`].
    pub(super) fn cut_short(&self) -> bool {
        self.inflate.has_ready()
    }
}
