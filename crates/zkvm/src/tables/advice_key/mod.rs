//! The regions of advice: bytes that the prover chooses. They prove nothing by themselves, so a program checks what it reads.
//!
//! The key is 3 and then an index below 2^28 in 31 bytes. The region of an index is fixed, and a region is written once, so
//! no two regions have one key.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{ADVICE, AdviceKey, INDEX_BITS};
pub(crate) use columns::AdviceKeyRow;
