//! The columns.

use crate::{bus::Replaced, row::rows, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CloneThreadRow<T> {
    /// When the step begins.
    pub(super) time: T,
    pub(super) real: T,
    /// a1, the stack of the new thread, and a2.
    pub(super) others: [Word<T>; 2],
    /// The number of the new thread.
    pub(super) next: Replaced<T>,
    /// The carry out of each limb when 1 is added to it.
    pub(super) carries: [T; 4],
    /// The number of the running thread, which the switch leaves as it was.
    pub(super) thread: Replaced<T>,
    /// The stack pointer.
    pub(super) stack: Replaced<T>,
    /// The time of the access before this one to v0, which holds the number of the new thread.
    pub(super) value_before: T,
}

rows!(CloneThreadRow);
