//! Compressions of SHA-256, by Plonky3's AIR: one row each. Those that fill the table are not sent.

mod air;
mod columns;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Sha256;
pub(crate) use columns::Sha256Row;
