//! `beq` and `bne`: branches on whether two registers are equal.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::BranchEqual;
pub(crate) use columns::BranchEqualRow;
