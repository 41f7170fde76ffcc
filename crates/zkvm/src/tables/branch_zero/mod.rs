//! `blez`, `bgtz`, `bltz` and `bgez`: branches on the sign of a register.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::BranchZero;
pub(crate) use columns::BranchZeroRow;
