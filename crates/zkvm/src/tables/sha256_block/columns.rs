//! The columns.

use crate::row::rows;

/// The bytes of a block.
pub(crate) const SHA256_BLOCK: usize = 64;

/// A block.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Sha256BlockRow<T> {
    pub(super) real: T,
    /// 1 unless the byte 0x80 is in the block before this one.
    pub(super) open: T,
    /// The region.
    pub(super) region: T,
    /// The number of the block.
    pub(super) block: T,
    /// The bytes from this block on.
    pub(super) rest: T,
    /// The length in bits, in limbs. The fourth limb is 0.
    pub(super) bits: [T; 3],
    /// The same in the last block, which has it; else 0.
    pub(super) ending: [T; 3],
    /// 1 for each byte of the block that is there.
    pub(super) given: [T; SHA256_BLOCK],
    /// The bytes, which are 0 in the padding.
    pub(super) bytes: [T; SHA256_BLOCK],
    /// The bits that are set in both bytes of two. They mean nothing here, but a pair of bytes is looked up with them.
    pub(super) both: [T; SHA256_BLOCK / 2],
    /// The limbs of the state before this block, and after it.
    pub(super) before: [T; 16],
    pub(super) after: [T; 16],
}

rows!(Sha256BlockRow);
