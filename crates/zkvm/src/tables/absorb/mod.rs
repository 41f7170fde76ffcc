//! Blocks of bytes that are hashed with keccak256: a row takes 136 bytes of a region into the state of the hash.
//!
//! The table `hashed-key` begins with the state of zeros and the length, and each row hands what remains and the new state on
//! to the next one. The last row, and only that, has fewer than 136 bytes, and the padding. It sends the digest.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Absorb;
pub(crate) use columns::{AbsorbRow, BLOCK};
