//! The columns.

use crate::{bus::Replaced, row::rows, word::Word};

/// One end of a program or thread.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ExitRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// 1 for `exit_group`.
    pub(super) group: T,
    /// 1 for `exit` of the only thread, and for that of one of several.
    pub(super) thread: T,
    pub(super) dies: T,
    /// 1 for `clone` with other flags than those of a thread.
    pub(super) clone: T,
    /// The lowest two bytes of a0.
    pub(super) low: [T; 2],
    /// The exit code: the lowest byte of a0, if this is no `clone`.
    pub(super) code: T,
    /// The upper limbs of a0.
    pub(super) upper: [T; 3],
    /// a1 and a2.
    pub(super) others: [Word<T>; 2],
    /// The threads on the left and on the right stack. `exit_group` does not read them.
    pub(super) threads: [Replaced<T>; 2],
    /// What numbers are multiplied with that are not all 0. The sum is 1. If the thread is one of several, the first of them
    /// tells that; of `clone`, they tell that the flags are others.
    pub(super) factors: [T; 3],
}

rows!(ExitRow);
