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
    /// The time of the last access to the cell of the last switch.
    pub(super) switch_last: T,
    /// The first step after the last switch, plus [`SWITCH_OFFSET`], in two limbs.
    pub(super) switch: [T; 2],
    /// The same where the segment begins.
    pub(super) switch_before: [T; 2],
    /// The steps since the last thread switch where the segment ends, in two limbs.
    pub(super) since_after: [T; 2],
}

rows!(SegmentRow);
