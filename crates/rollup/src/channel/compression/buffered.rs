//! A small buffer in front of a decompressor, for reads of single bytes.

use alloc::{boxed::Box, vec, vec::Vec};

use super::Decompressor;

/// Size of the buffer, in bytes. A read of at least this length bypasses the buffer if the buffer is empty.
const BUFFER_SIZE: usize = 4096;

/// How many reads in a row may yield nothing.
const MAX_EMPTY_READS: usize = 100;

/// First size of the output of a long read, in bytes. The output grows as data comes.
const FIRST_PIECE: usize = 1 << 16;

/// Why there is no more data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The compressed stream is complete.
    Complete,
    /// The compressed stream is damaged or cut off, has a wrong checksum, or has data after its end.
    Damaged,
}

/// A buffer over a decompressor.
///
/// The decompressor may return data and an error together. Data that passes through the buffer counts then. Data of a
/// long read that bypasses the buffer does not.
#[derive(Debug)]
pub(crate) struct BufferedReader {
    source: Decompressor,
    buffer: Box<[u8]>,
    /// The unread part of the buffer.
    start: usize,
    end: usize,
    /// The end that the source has reported and this buffer has not.
    pending: Option<End>,
}

impl BufferedReader {
    pub(crate) fn new(source: Decompressor) -> Self {
        Self { source, buffer: vec![0; BUFFER_SIZE].into_boxed_slice(), start: 0, end: 0, pending: None }
    }

    /// The next byte.
    pub(crate) fn read_byte(&mut self) -> Result<u8, End> {
        for _ in 0..=MAX_EMPTY_READS {
            if self.start < self.end {
                let byte = self.buffer[self.start];
                self.start += 1;
                return Ok(byte);
            }
            if let Some(end) = self.pending.take() {
                return Err(end);
            }
            self.fill();
        }
        Err(End::Damaged)
    }

    /// The next `length` bytes, or none if fewer are left.
    pub(crate) fn read_exact(&mut self, length: usize) -> Result<Vec<u8>, End> {
        let mut out = Vec::new();
        let mut filled = 0;
        // Whether the reference would still be in the same direct read. It allocates all of `out` at once.
        let mut direct = false;
        while filled < length {
            if filled == out.len() {
                out.resize(length.min(filled.saturating_mul(2).max(FIRST_PIECE)), 0);
            }
            if self.start == self.end {
                if let Some(end) = self.pending.take() {
                    return Err(end);
                }
                if direct || length - filled >= BUFFER_SIZE {
                    let (count, end) = self.source.read(&mut out[filled..]);
                    filled += count;
                    direct = self.source.cut_short();
                    match end {
                        None => continue,
                        Some(End::Complete) if filled == length => break,
                        Some(end) => return Err(end),
                    }
                }
                self.fill();
            }
            let count = (out.len() - filled).min(self.end - self.start);
            out[filled..filled + count].copy_from_slice(&self.buffer[self.start..self.start + count]);
            self.start += count;
            filled += count;
        }
        Ok(out)
    }

    /// Reads into the buffer, which is empty.
    fn fill(&mut self) {
        let (count, end) = self.source.read(&mut self.buffer);
        (self.start, self.end, self.pending) = (0, count, end);
    }
}
