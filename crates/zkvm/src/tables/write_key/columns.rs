//! The columns.

use crate::{bus::Replaced, row::rows, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct WriteKeyRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// The address of the bytes.
    pub(super) address: Word<T>,
    /// The most bytes to write.
    pub(super) most: Word<T>,
    /// 1 for the number of bytes that are written, which is 0 to 8. All are 0 in an empty row.
    pub(super) count: [T; 9],
    /// 1 for the number of bytes of the word that lie after them.
    pub(super) after: [T; 9],
    /// 1 if bytes to the end of the word are written, and the upper limbs of the most bytes are not 0.
    pub(super) long: T,
    /// 1 if bytes to the end of the word are written, and the lowest limb of the most bytes is at least their number.
    pub(super) short: T,
    /// The inverse of the sum of the upper limbs.
    pub(super) inverse: T,
    /// The word of memory, the least significant byte first.
    pub(super) memory: [T; 8],
    /// The time of the access to the word before this one.
    pub(super) memory_before: T,
    /// The time of the last store to the word.
    pub(super) memory_stored: T,
    /// The bytes of the word without those after the written ones, the least significant byte first.
    pub(super) written: [T; 8],
    /// The key before the call, the least significant byte first. The last byte in memory is the least significant one.
    pub(super) key: [T; 32],
    /// The times of the accesses to the four words of the key, in their order.
    pub(super) key_before: [T; 4],
    /// The key after the call.
    pub(super) new_key: [Word<T>; 4],
    pub(super) offset: Replaced<T>,
    pub(super) region: Replaced<T>,
    /// The bits that are set in both bytes of each limb of memory and of the key.
    pub(super) both: [T; 20],
}

rows!(WriteKeyRow);
