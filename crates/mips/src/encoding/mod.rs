//! Encodings: the words that encode each operation, and the decoder.

mod decode;
mod operands;
mod table;
#[cfg(test)]
mod tests;

pub use operands::{Destination, Operands};
pub use table::{Encoding, Immediate};
