//! How a row is made.

#[cfg(doc)]
use super::SWITCH_OFFSET;
use super::{SegmentRow, columns::ReservationCells};
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
    pub(crate) reservation: LastReservation,
    /// The region of the pre-image.
    pub(crate) region: u32,
}

/// The reservation where a segment ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastReservation {
    pub(crate) status: u64,
    pub(crate) address: u64,
    pub(crate) owner: u64,
    /// When it was made.
    pub(crate) time: u32,
    /// The word of memory at its address, and the time of the last store to it.
    pub(crate) word: u64,
    pub(crate) stored: u32,
}

impl LastReservation {
    /// Whether its word was stored to after it was made.
    pub(crate) const fn lost(&self) -> bool {
        self.stored > self.time
    }

    fn cells(&self) -> ReservationCells<Val> {
        let Self { status, address, owner, time, stored, .. } = *self;
        let lost = self.lost();
        let gap = if lost { stored - time - 1 } else { time - stored };
        let left = |value: u64| if lost { 0 } else { value };
        ReservationCells {
            status: Val::from_u64(status),
            address: word(address),
            owner: word(owner),
            time: [time & 0xffff, time >> 16].map(Val::from_u32),
            below: Val::from_u64(address & 7),
            word: word(self.word),
            stored: Val::from_u32(stored),
            lost: Val::from_bool(lost),
            gap: [gap & 0xfff, gap >> 12].map(Val::from_u32),
            left_status: Val::from_u64(left(status)),
            left_address: word(left(address)),
            left_owner: word(left(owner)),
        }
    }
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
            switch: two(border.switch[1]),
            switch_before: two(border.switch[0]),
            since_after: two(border.since[1]),
            reservation: border.reservation.cells(),
            region: two(border.region),
        }
    }
}
