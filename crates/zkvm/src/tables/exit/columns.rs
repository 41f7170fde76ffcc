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
    /// The exit code: the lowest byte of a0.
    pub(super) code: T,
    /// The second byte of a0.
    pub(super) second: T,
    /// The upper limbs of a0.
    pub(super) upper: [T; 3],
    /// a1 and a2.
    pub(super) others: [Word<T>; 2],
    /// The threads on the left and on the right stack. `exit_group` does not read them.
    pub(super) threads: [Replaced<T>; 2],
    /// The inverse of what tells that there are several threads.
    pub(super) inverse: T,
}

rows!(ExitRow);
