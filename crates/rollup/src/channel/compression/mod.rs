//! Reading compressed channels exactly as the reference node reads them.
//!
//! A channel may be damaged, cut off, or have a wrong checksum. The batches before the error still count, so the
//! place of the error is consensus. It follows from how the reference's readers return data and errors: Go's `bufio`,
//! `compress/zlib` and `compress/flate`, and the Go port of the Brotli decoder. These modules return the same bytes
//! before the same errors.

mod brotli;
mod buffered;
mod huffman;
mod inflate;
mod zlib;

pub(crate) use brotli::BrotliReader;
pub(crate) use buffered::{BufferedReader, End};
pub(crate) use zlib::ZlibReader;

/// A decompressor.
#[derive(Debug)]
pub(crate) enum Decompressor {
    Zlib(ZlibReader),
    Brotli(BrotliReader),
}

impl Decompressor {
    /// Writes to the front of `out`, which is not empty, and returns the number of bytes. With an `End`, no data
    /// follows. With 0 bytes and no `End`, the caller tries again.
    fn read(&mut self, out: &mut [u8]) -> (usize, Option<End>) {
        match self {
            Self::Zlib(reader) => reader.read(out),
            Self::Brotli(reader) => reader.read(out),
        }
    }

    /// Whether the last read ended only because `out` was full.
    fn cut_short(&self) -> bool {
        match self {
            Self::Zlib(reader) => reader.cut_short(),
            Self::Brotli(reader) => reader.cut_short(),
        }
    }
}
