//! The columns.

use crate::{bus::Step, row::rows};

/// One step.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct StayRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
    /// 1 if the right stack is the active one before the step.
    pub(super) right: T,
    /// The threads on the left stack and on the right one, before the step and after it.
    pub(super) threads: [T; 2],
    pub(super) new_threads: [T; 2],
    /// The times of the accesses before this one: to the numbers of threads, to the direction and to the last switch.
    pub(super) threads_before: [T; 2],
    pub(super) direction_before: T,
    pub(super) switch_before: T,
    /// The first step after the last switch, as the row of the segment has it, in two limbs, before the step and after it.
    pub(super) switch: [T; 2],
    pub(super) new_switch: [T; 2],
}

rows!(StayRow);
