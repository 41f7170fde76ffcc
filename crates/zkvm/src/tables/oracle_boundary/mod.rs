//! The leaves of the oracle's space that an execution segment reads.
//!
//! A row provides each of its four words as often as it is read. The words have no times, because nothing changes them.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::OracleBoundary;
pub(crate) use columns::OracleBoundaryRow;
