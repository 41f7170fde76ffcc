//! `andi`, `ori` and `xori`: only the lowest limb of the register meets the constant.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::LogicImmediate;
pub(crate) use columns::LogicImmediateRow;
