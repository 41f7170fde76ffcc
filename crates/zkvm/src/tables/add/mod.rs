//! `daddu`, `dsubu`, `addu` and `subu`: sums and differences of two registers.

mod air;
mod columns;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "prove")]
mod trace;

pub(crate) use air::{Add, Addition};
pub(crate) use columns::{AddRow, Sum};
