//! The columns.

use crate::{row::rows, tables::word_part::WordPart, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ReadPreimageRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// Where the bytes go.
    pub(super) address: Word<T>,
    /// The most bytes to read.
    pub(super) most: Word<T>,
    pub(super) part: WordPart<T>,
    /// 1 if no byte is read, because the call allows none.
    pub(super) nothing: T,
    /// 1 if the bytes end with the pre-image. It may be 0 if they end with the word of memory too, or are as many as the
    /// call allows.
    pub(super) at_end: T,
    /// The offset, in two limbs.
    pub(super) offset: [T; 2],
    /// The time of the access to the offset before this one.
    pub(super) offset_before: T,
    /// The lower limb of the new offset, and the carry into the upper one.
    pub(super) new_offset: T,
    pub(super) carry: T,
    /// The offset's lower limb without its lowest 3 bits, divided by 8.
    pub(super) word: T,
    /// 1 for the number that the lowest 3 bits are.
    pub(super) inside: [T; 8],
    /// The length of the pre-image, in two limbs.
    pub(super) length: [T; 2],
    /// The bytes that are left to read after this call, in two parts. One less if nothing is read.
    pub(super) rest: [T; 2],
    /// 1 if the bytes may go on in the next word of the pre-image.
    pub(super) goes_on: T,
    /// The bytes of the word of the pre-image that has the first byte, and those of the next one.
    pub(super) bytes: [T; 16],
    /// The bits that are set in both bytes of each pair of them.
    pub(super) both: [T; 8],
    /// The 8 bytes from the offset on.
    pub(super) shifted: [T; 8],
    /// For each place in the word of memory, the byte that goes there.
    pub(super) placed: [T; 8],
    /// The region before the call, in two limbs: 0 if none is chosen yet.
    pub(super) region_old: [T; 2],
    /// The time of the access to it before this one.
    pub(super) region_before: T,
    /// The region.
    pub(super) region: [T; 2],
    /// 1 if the row chooses it.
    pub(super) chooses: T,
    /// The inverse of the sum of the limbs of the region before the call.
    pub(super) inverse: T,
    /// The four words of the key, if the row chooses the region.
    pub(super) key: [Word<T>; 4],
    /// The times of the accesses to them before these.
    pub(super) key_before: [T; 4],
}

rows!(ReadPreimageRow);
