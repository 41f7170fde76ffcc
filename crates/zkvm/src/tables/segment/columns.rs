//! The columns.

#[cfg(doc)]
use super::SWITCH_OFFSET;
use crate::{row::rows, word::Word};

/// The only row that counts is the first one.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct SegmentRow<T> {
    /// The time that the first access to the sink counts from.
    pub(super) sink_first: T,
    /// The time of the last access to the sink, and its value then.
    pub(super) sink_last: T,
    pub(super) sink: Word<T>,
    /// The steps since the last thread switch where the segment begins, in two limbs.
    pub(super) since: [T; 2],
    /// The first step after the last switch, plus [`SWITCH_OFFSET`], in two limbs.
    pub(super) switch: [T; 2],
    /// The same where the segment begins.
    pub(super) switch_before: [T; 2],
    /// The steps since the last thread switch where the segment ends, in two limbs.
    pub(super) since_after: [T; 2],
    pub(super) reservation: ReservationCells<T>,
    /// The region of the pre-image where the segment ends, in two limbs.
    pub(super) region: [T; 2],
}

/// The reservation where the segment ends.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ReservationCells<T> {
    pub(super) status: T,
    pub(super) address: Word<T>,
    pub(super) owner: Word<T>,
    /// When it was made, in two limbs.
    pub(super) time: [T; 2],
    /// The lowest three bits of its address, as a number.
    pub(super) below: T,
    /// The word of memory at its address.
    pub(super) word: Word<T>,
    /// The time of the last store to the word.
    pub(super) stored: T,
    /// 1 if that was after the reservation was made.
    pub(super) lost: T,
    /// The time between the reservation and the last store, in two parts of 12 bits. If the store came later, the gap
    /// is smaller by 1.
    pub(super) gap: [T; 2],
    /// What is left of the reservation: zeros if it is lost.
    pub(super) left_status: T,
    pub(super) left_address: Word<T>,
    pub(super) left_owner: Word<T>,
}

rows!(SegmentRow, ReservationCells);
