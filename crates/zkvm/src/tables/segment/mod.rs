//! The segment itself: one row that begins and ends the chain of steps, and ties the root of the state tree and the program
//! counters to the public values.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{FIRST_TIME, QUANTUM, SWITCH_OFFSET, Segment};
pub(crate) use columns::SegmentRow;
#[cfg(feature = "record")]
pub(crate) use trace::{Border, LastReservation};
