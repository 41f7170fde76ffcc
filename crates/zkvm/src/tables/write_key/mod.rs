//! `write` to the pre-image key: up to 8 bytes of a word of memory are shifted into the key, and the pre-image is read from
//! its begin.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::WriteKey;
pub(crate) use columns::WriteKeyRow;
