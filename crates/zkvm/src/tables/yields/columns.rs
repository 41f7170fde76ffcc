//! The columns.

use crate::{bus::MemoryCell, row::rows, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct YieldsRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// 1 for what the row does: `sched_yield`, `nanosleep`, a wait for a word that has the value, one for a word that has
    /// another value, a wake, and an operation that does not exist.
    pub(super) sched_yield: T,
    pub(super) nanosleep: T,
    pub(super) waits: T,
    pub(super) fails: T,
    pub(super) wakes: T,
    pub(super) unknown: T,
    /// a0, a1 and a2.
    pub(super) arguments: [Word<T>; 3],
    /// The lowest three bits of the address in a0, the least significant one first.
    pub(super) low: [T; 3],
    /// The word of memory at the address.
    pub(super) memory: MemoryCell<T>,
    /// Two numbers that are not both 0 if the call fails, and what their products with make 1 together. They are the
    /// differences of the limbs from the expected ones, or what tells the operation from those that exist.
    pub(super) differences: [T; 2],
    pub(super) factors: [T; 2],
}

rows!(YieldsRow);
