//! Encodings: the words that stand for an operation, and the way back from a word to an instruction.

mod decode;
mod operands;
mod table;
#[cfg(test)]
mod tests;

pub use operands::{Destination, Operands};
pub use table::{Encoding, Immediate};
