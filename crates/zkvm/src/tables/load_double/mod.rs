//! `ld`: loads a word of 8 bytes.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::LoadDouble;
pub(crate) use columns::LoadDoubleRow;
