//! Permutations of Keccak, by Plonky3's AIR: 24 rows a permutation, and each row looks at the next one.
//!
//! A permutation is sent once, by its last row. Permutations that fill the table are not sent.

mod air;
mod columns;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Keccak;
pub(crate) use columns::KeccakRow;
#[cfg(feature = "record")]
pub(crate) use trace::permutations;
