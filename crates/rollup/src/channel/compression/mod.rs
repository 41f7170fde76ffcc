//! Reading compressed channels exactly as the reference node reads them.
//!
//! What a channel that is damaged, cut off or wrongly checksummed still yields decides which blocks a chain has, so it
//! is consensus, and it depends on where the reference's readers hand out data and errors: Go's `bufio`, `compress/zlib`
//! and `compress/flate`, and the Go port of the Brotli decoder. These modules hand out the same bytes before the same
//! errors.

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
    /// Fills a part of `out`, which is not empty, and says how many bytes that was; with an `End` nothing follows them.
    /// Nothing filled without an `End` means to try again.
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
