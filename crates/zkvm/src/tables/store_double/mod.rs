//! `sd`: stores a word of 8 bytes.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::StoreDouble;
pub(crate) use columns::StoreDoubleRow;
