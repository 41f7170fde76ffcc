//! The regions whose key is the SHA-256 of their bytes, with 4 as the first byte. A row begins the hash of a region, and takes
//! its digest as the key.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{INITIAL, Sha256Key};
pub(crate) use columns::Sha256KeyRow;
