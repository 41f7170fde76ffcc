//! `and`, `or`, `xor` and `nor` of two registers, byte by byte.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Logic;
pub(crate) use columns::LogicRow;
