//! The leaves of the oracle's space that an oracle segment writes. None of them was written before.
//!
//! A row sends each of its four words once. What receives them says what they are: the key, the length, the bytes of the
//! pre-image, or the zeros after its end. So a region is written as a whole, and nothing but it.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::OracleWrite;
pub(crate) use columns::OracleWriteRow;
