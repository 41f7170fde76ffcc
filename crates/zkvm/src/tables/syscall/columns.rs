//! The columns.

use crate::{
    bus::{Replaced, Step},
    row::rows,
    word::Word,
};

/// One system call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct SyscallRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
    /// 1 if the call returns. Otherwise another row says how the run goes on.
    pub(super) returns: T,
    /// 1 if it returns and the running thread's turn ends, because it yields or because it creates a thread. Then a row of the
    /// table `switch` says how the run goes on.
    pub(super) yields: T,
    pub(super) clones: T,
    /// 1 if the result is looked up, and 0 if another row says it.
    pub(super) constant: T,
    /// The number of the call, which is in v0.
    pub(super) number: T,
    /// The time of the access to v0 before this one.
    pub(super) number_before: T,
    /// a0, a1 and a2.
    pub(super) arguments: [Word<T>; 3],
    /// The times of the accesses to them before these.
    pub(super) arguments_before: [T; 3],
    /// What v0 holds after the call.
    pub(super) value: Word<T>,
    /// 1 if the call sets the error flag.
    pub(super) error: T,
    /// a3, which gets the error flag.
    pub(super) a3: Replaced<T>,
}

rows!(SyscallRow);
