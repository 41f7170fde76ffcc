//! `daddu`, `dsubu`, `addu` and `subu`: sums and differences of two registers.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{Add, Addition};
pub(crate) use columns::{AddRow, Sum};
