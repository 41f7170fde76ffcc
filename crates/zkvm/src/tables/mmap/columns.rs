//! The columns.

use crate::{bus::Replaced, row::rows, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MmapRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// 1 for a mapping at a requested address.
    pub(super) requested: T,
    /// 1 for a mapping at the end of the heap, which is moved.
    pub(super) grows: T,
    /// 1 if it would lie far after the heap's end: the fourth limb is not 0, or there is a carry out of it.
    pub(super) far: T,
    /// 1 if the third limb is above that of the heap's end.
    pub(super) above: T,
    /// 1 if the third limb is at least that, and the lower limbs are not 0.
    pub(super) just: T,
    /// 1 for `gettid`.
    pub(super) gettid: T,
    pub(super) arguments: [Word<T>; 3],
    /// The lowest 12 bits of the length, and the next 4.
    pub(super) length: [T; 2],
    /// 1 if the length is not a multiple of the size of a page.
    pub(super) rounds: T,
    pub(super) rounds_inverse: T,
    /// The cell: the end of the heap, or the number of the thread.
    pub(super) cell: Replaced<T>,
    /// The end of the mapping.
    pub(super) end: Word<T>,
    /// The carries out of the limbs of the end.
    pub(super) carries: [T; 4],
    /// 1 if the heap is filled up to its end.
    pub(super) full: T,
    /// What the cell holds after the call.
    pub(super) after: Word<T>,
    /// What is proven not to be 0, and 0 if nothing is.
    pub(super) not_zero: T,
    pub(super) inverse: T,
    pub(super) value: Word<T>,
}

rows!(MmapRow);
