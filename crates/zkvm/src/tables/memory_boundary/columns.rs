//! The columns.

use crate::row::rows;

/// A leaf: 32 bytes of memory, four words.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryBoundaryRow<T> {
    pub(super) real: T,
    /// The first limb of the address, divided by 32.
    pub(super) first: T,
    /// The second limb.
    pub(super) second: T,
    /// The lowest three bits of the third limb.
    pub(super) third_low: T,
    /// The other bits of the third limb.
    pub(super) third_high: T,
    /// The fourth limb.
    pub(super) fourth: T,
    pub(super) leaf: LeafCells<T>,
    /// For each word, the time of its last store; 0 if there was none.
    pub(super) stored: [T; 4],
    /// How many instructions of the leaf are executed. They must not be stored to.
    pub(super) code_uses: T,
}

/// What ties a leaf to the state tree.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LeafCells<T> {
    /// The limbs before the segment, word by word.
    pub(crate) old: [T; 16],
    /// The limbs after the segment.
    pub(crate) new: [T; 16],
    /// The first half of the permutation of the limbs, before the segment and after it.
    pub(crate) permuted: [[T; 8]; 2],
    /// For each word, the time that its first access counts from.
    pub(crate) first: [T; 4],
    /// For each word, the time of its last access.
    pub(crate) last: [T; 4],
}

rows!(MemoryBoundaryRow, LeafCells);
