//! The instructions that a segment executes: one row for each address, with the word that memory has there, decoded.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::Code;
pub(crate) use columns::CodeRow;
