//! Blocks of bytes that are hashed with SHA-256: a row takes 64 bytes of a region into the state of the hash.
//!
//! After the last byte come a byte 0x80, zeros, and the length in bits in the last 8 bytes of a block. Where they do not fit
//! into the block of the last byte, there is one more block.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{Sha256Block, limbs_of};
pub(crate) use columns::{SHA256_BLOCK, Sha256BlockRow};
