//! The instructions that a segment executes: one row for each address, with the word that memory has there, decoded.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Code;
pub(crate) use columns::CodeRow;
