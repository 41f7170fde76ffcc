//! `beq` and `bne`: branches on whether two registers are equal.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::BranchEqual;
pub(crate) use columns::BranchEqualRow;
