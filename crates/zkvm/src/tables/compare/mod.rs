//! `slt`, `sltu`, `slti` and `sltiu`: comparisons of a register with a register or a constant.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Compare;
pub(crate) use columns::CompareRow;
