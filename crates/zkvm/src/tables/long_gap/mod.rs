//! Long gaps: between two accesses to a cell passes more time than [`GAP_BITS`](crate::bus::GAP_BITS) allow.
//!
//! A row receives what the last access sent, and sends it with a later time. Both the gap and the new time are proven to be
//! below 2^24, so no chain of rows can go around the field and come back to an earlier time.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;
#[cfg(feature = "record")]
pub(crate) use trace::GapCell;

pub(crate) use air::LongGap;
pub(crate) use columns::LongGapRow;
