//! The columns.

use crate::{row::rows, word::Word};

/// One register.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MovedRow<T> {
    /// When the step of the switch begins.
    pub(super) time: T,
    /// The number of the register, and of its cell in a record.
    pub(super) register: T,
    /// 1 for what happens: a thread leaves and another one comes, a thread leaves, a thread comes.
    pub(super) both: T,
    pub(super) leaves: T,
    pub(super) comes: T,
    /// The first cell of the record that a thread moves to, and of that from which one comes.
    pub(super) to: T,
    pub(super) from: T,
    /// The value before the step and after it.
    pub(super) old: Word<T>,
    pub(super) new: Word<T>,
    /// The times of the accesses before this one: to the register, and to the cells of the records.
    pub(super) before: T,
    pub(super) to_before: T,
    pub(super) from_before: T,
}

rows!(MovedRow);
