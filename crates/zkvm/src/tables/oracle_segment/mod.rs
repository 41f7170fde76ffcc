//! The segment itself: one row that ties the root of the oracle's space to the public values, and the local keys to their
//! digest.

mod air;
mod columns;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::OracleSegment;
pub(crate) use columns::OracleSegmentRow;
