//! `clz`, `clo`, `dclz` and `dclo`: counts of leading zeros and ones.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::Count;
pub(crate) use columns::CountRow;
