//! `daddiu` and `addiu`: sums of a register and a constant.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::AddImmediate;
pub(crate) use columns::AddImmediateRow;
