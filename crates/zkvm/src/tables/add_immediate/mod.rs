//! `daddiu` and `addiu`: sums of a register and a constant.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::AddImmediate;
pub(crate) use columns::AddImmediateRow;
