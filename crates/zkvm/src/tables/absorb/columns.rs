//! The columns.

use crate::row::rows;

/// The bytes of a block.
pub(crate) const BLOCK: usize = 136;

/// A block.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct AbsorbRow<T> {
    pub(super) real: T,
    /// The region.
    pub(super) region: T,
    /// The number of the block.
    pub(super) block: T,
    /// The bytes from this block on.
    pub(super) rest: T,
    /// 1 for each byte of the block that is there. What follows is padding.
    pub(super) given: [T; BLOCK],
    /// The bytes, which are 0 in the padding.
    pub(super) bytes: [T; BLOCK],
    /// The first bytes of the state before this block.
    pub(super) state: [T; BLOCK],
    /// The bits that are set both in the padded byte and in that of the state.
    pub(super) both: [T; BLOCK],
    /// The other limbs of the state.
    pub(super) capacity: [T; 32],
    /// The limbs of the state after this block.
    pub(super) after: [T; 100],
}

rows!(AbsorbRow);
