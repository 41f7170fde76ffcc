//! `mult`, `multu`, `dmult`, `dmultu` and `mul`: products of two registers.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Multiply;
pub(crate) use columns::MultiplyRow;
