//! `and`, `or`, `xor` and `nor` of two registers, byte by byte.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::Logic;
pub(crate) use columns::LogicRow;
