//! `clz`, `clo`, `dclz` and `dclo`: counts of leading zeros and ones.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Count;
pub(crate) use columns::CountRow;
