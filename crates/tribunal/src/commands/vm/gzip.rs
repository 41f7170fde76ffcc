//! Gzip on all processors: the members of a file are compressed beside each other, while earlier ones are written.
//!
//! A gzip file is a sequence of members (RFC 1952, section 2.2), and readers, Cannon's among them, join what these contain.
//! Data that looks random is stored as it is: states are full of hashes and blobs, which deflate cannot make smaller.

use flate2::{Compress, Compression, Crc, FlushCompress};
use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::mpsc::{Receiver, sync_channel},
};

/// Bytes that a member contains, uncompressed.
const MEMBER_BYTES: usize = 1 << 20;
/// The unit in which data is either compressed or stored.
const PIECE_BYTES: usize = 4 << 10;
/// The header of a member: deflate, no name, no time, the fastest compression, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
/// A final block without contents.
const END: [u8; 2] = [3, 0];
/// The most bytes of a stored block (RFC 1951, section 3.2.4).
const STORED_BYTES: usize = u16::MAX as usize;

/// Compresses what is written to it, and writes it on. [`GzipWriter::finish`] must be called at the end.
///
/// It waits for threads of rayon's pool, so those threads must not use it.
pub(crate) struct GzipWriter<W> {
    out: W,
    /// The contents of the next member.
    content: Vec<u8>,
    /// The members that are being compressed, oldest first.
    waiting: VecDeque<Receiver<io::Result<Vec<u8>>>>,
    /// The most members that are compressed at a time.
    most_waiting: usize,
    /// Whether a member was begun.
    begun: bool,
}

impl<W: Write> GzipWriter<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            content: Vec::new(),
            waiting: VecDeque::new(),
            most_waiting: 2 * rayon::current_num_threads(),
            begun: false,
        }
    }

    /// Writes what is left, and returns the writer.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        if !self.content.is_empty() || !self.begun {
            self.compress_member();
        }
        while let Some(oldest) = self.waiting.pop_front() {
            self.write_member(&oldest)?;
        }
        Ok(self.out)
    }

    /// Hands the member over to the pool.
    fn compress_member(&mut self) {
        let content = std::mem::take(&mut self.content);
        let (sender, receiver) = sync_channel(1);
        rayon::spawn(move || {
            // Without a receiver, the file is given up.
            let _ = sender.send(member(&content));
        });
        self.waiting.push_back(receiver);
        self.begun = true;
    }

    /// Waits for a member, and writes it.
    fn write_member(&mut self, member: &Receiver<io::Result<Vec<u8>>>) -> io::Result<()> {
        let member = member.recv().map_err(|_| io::Error::other("the thread that compresses has ended"))?;
        self.out.write_all(&member?)
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.content.is_empty() {
            self.content.reserve_exact(MEMBER_BYTES);
        }
        let taken = bytes.len().min(MEMBER_BYTES - self.content.len());
        self.content.extend_from_slice(&bytes[..taken]);
        if self.content.len() == MEMBER_BYTES {
            self.compress_member();
            if self.waiting.len() > self.most_waiting
                && let Some(oldest) = self.waiting.pop_front()
            {
                self.write_member(&oldest)?;
            }
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The member with these contents.
fn member(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut member = Vec::with_capacity(content.len() + content.len() / 64 + 64);
    member.extend_from_slice(&HEADER);
    let mut deflate = Compress::new(Compression::fast(), false);
    let mut rest = content;
    while let Some(piece) = rest.chunks(PIECE_BYTES).next() {
        let random = looks_random(piece);
        let alike = rest.chunks(PIECE_BYTES).take_while(|piece| looks_random(piece) == random);
        let (stretch, after) = rest.split_at(alike.map(<[u8]>::len).sum());
        if random {
            store(stretch, &mut member);
        } else {
            compress(stretch, &mut deflate, &mut member)?;
        }
        rest = after;
    }
    member.extend_from_slice(&END);
    let mut checksum = Crc::new();
    checksum.update(content);
    member.extend_from_slice(&checksum.sum().to_le_bytes());
    member.extend_from_slice(&(content.len() as u32).to_le_bytes());
    Ok(member)
}

/// Whether a sample of a piece's bytes has nearly as many values as one of random bytes. A piece with all values in a
/// pattern is rare, and is stored, too. The distance between samples is odd, because data often repeats its form every few
/// bytes.
fn looks_random(piece: &[u8]) -> bool {
    const DISTANCE: usize = 7;
    /// Of the 585 or 586 samples of a piece. Random ones have 230 values on average.
    const LEAST_VALUES: u32 = 212;
    let mut seen = [0_u64; 4];
    for &byte in piece.iter().step_by(DISTANCE) {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|values| values.count_ones()).sum::<u32>() >= LEAST_VALUES
}

/// Appends bytes as they are. The blocks before end at a byte.
fn store(bytes: &[u8], member: &mut Vec<u8>) {
    for block in bytes.chunks(STORED_BYTES) {
        // A chunk is at most as long as a block may be.
        let length = block.len() as u16;
        member.push(0);
        member.extend_from_slice(&length.to_le_bytes());
        member.extend_from_slice(&(!length).to_le_bytes());
        member.extend_from_slice(block);
    }
}

/// Appends blocks that refer to no earlier ones, and that end at a byte.
fn compress(bytes: &[u8], deflate: &mut Compress, member: &mut Vec<u8>) -> io::Result<()> {
    deflate.reset();
    loop {
        let taken = deflate.total_in() as usize;
        member.reserve((bytes.len() - taken) / 2 + 64);
        deflate.compress_vec(&bytes[taken..], member, FlushCompress::Sync)?;
        if deflate.total_in() as usize == bytes.len() && member.len() < member.capacity() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::io::Read;

    /// Bytes without a pattern.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at / 7 % 100) as u8).collect()
    }

    /// The compressed file, after its content was read again and compared.
    fn file(content: &[u8]) -> Vec<u8> {
        let mut writer = GzipWriter::new(Vec::new());
        content.chunks(4099).for_each(|chunk| writer.write_all(chunk).unwrap());
        let file = writer.finish().unwrap();
        let mut back = Vec::new();
        MultiGzDecoder::new(&file[..]).read_to_end(&mut back).unwrap();
        assert!(back == content, "{} bytes", content.len());
        file
    }

    #[test]
    fn what_is_written_is_read_again() {
        for length in [0, 1, PIECE_BYTES + 3, MEMBER_BYTES, MEMBER_BYTES + 1, 9 * MEMBER_BYTES + 5] {
            file(&pattern(length));
        }
    }

    #[test]
    fn random_bytes_are_stored_and_others_compressed() {
        let length = 2 * MEMBER_BYTES + 5;
        assert!(file(&noise(length)).len() < length + length / 1000 + 200);
        assert!(file(&pattern(length)).len() < length / 20);
        // Counters have a byte in eight that takes all values.
        let counters: Vec<u8> = (0..length as u64 / 8).flat_map(u64::to_be_bytes).collect();
        assert!(file(&counters).len() < length / 2);
        // Pieces of both kinds in turn, which no piece's boundary meets.
        let mut mixed = pattern(100);
        for (random, plain) in noise(length).chunks(3 * PIECE_BYTES).zip(pattern(length).chunks(5000)) {
            mixed.extend_from_slice(random);
            mixed.extend_from_slice(plain);
        }
        file(&mixed);
    }

    #[test]
    fn an_error_of_the_writer_is_returned() {
        let mut full = [0; 4];
        let mut writer = GzipWriter::new(&mut full[..]);
        writer.write_all(b"content").unwrap();
        assert!(writer.finish().is_err());
        let mut writer = GzipWriter::new(&mut full[..]);
        let content = noise(MEMBER_BYTES);
        assert!((0..1000).any(|_| writer.write_all(&content).is_err()));
    }
}
