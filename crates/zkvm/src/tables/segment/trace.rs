//! How a row is made.

#[cfg(doc)]
use super::SWITCH_OFFSET;
use super::SegmentRow;
use crate::{stark::Val, word::word};
use p3_field::PrimeCharacteristicRing;

/// What the row of a segment says, besides its public values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Border {
    /// The time that the first access to the sink counts from, that of the last one, and the value that it leaves there.
    pub(crate) sink: (i64, i64, u64),
    /// The steps since the last switch, before the segment and after it.
    pub(crate) since: [u32; 2],
    /// The number of the first step after the last switch, plus [`SWITCH_OFFSET`]: before the segment and after it.
    pub(crate) switch: [u32; 2],
    /// The time of the last switch in the segment, or that of the border.
    pub(crate) switch_last: u32,
}

impl SegmentRow<Val> {
    pub(crate) fn new(border: &Border) -> Self {
        let two = |number: u32| [number & 0xffff, number >> 16].map(Val::from_u32);
        let (first, last, value) = border.sink;
        Self {
            sink_first: Val::from_i64(first),
            sink_last: Val::from_i64(last),
            sink: word(value),
            since: two(border.since[0]),
            switch_last: Val::from_u32(border.switch_last),
            switch: two(border.switch[1]),
            switch_before: two(border.switch[0]),
            since_after: two(border.since[1]),
        }
    }
}
