//! `andi`, `ori` and `xori`: only the lowest limb of the register meets the constant.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::LogicImmediate;
pub(crate) use columns::LogicImmediateRow;
