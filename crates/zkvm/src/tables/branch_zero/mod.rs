//! `blez`, `bgtz`, `bltz` and `bgez`: branches on the sign of a register.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::BranchZero;
pub(crate) use columns::BranchZeroRow;
