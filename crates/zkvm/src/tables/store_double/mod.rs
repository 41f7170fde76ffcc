//! `sd`: stores a word of 8 bytes.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::StoreDouble;
pub(crate) use columns::StoreDoubleRow;
