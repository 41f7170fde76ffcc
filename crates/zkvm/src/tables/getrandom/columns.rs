//! The columns.

use crate::{row::rows, tables::word_part::WordPart, word::Word};

/// One call.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct GetRandomRow<T> {
    /// When the step begins.
    pub(super) time: T,
    /// 1 if the machine has a version in which the call does nothing.
    pub(super) old: T,
    /// The time of the access to the version before this one.
    pub(super) version_before: T,
    /// a0 is the address, and a1 the most bytes.
    pub(super) arguments: [Word<T>; 3],
    pub(super) part: WordPart<T>,
    /// The steps of the segment, this one included, in two limbs. 0 if nothing is done, as what follows.
    pub(super) elapsed: [T; 2],
    /// The carries out of the limbs of the sum of these, the steps before the segment and a constant. Each is 0, 1 or 2.
    pub(super) carries: [T; 4],
    /// The sum, the first product and the second one.
    pub(super) mixed: [Mixed<T>; 3],
    /// The upper words of the products.
    pub(super) upper: [Word<T>; 2],
}

/// A word z, and z ^ (z >> n), where n is 3 bytes and some bits.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Mixed<T> {
    /// The word, the least significant byte first.
    pub(super) bytes: [T; 8],
    /// Of each byte but the lowest three: its upper bits, which are shifted into the byte that is 3 lower.
    pub(super) upper: [T; 5],
    /// The bits that are set in both the word and the shifted one, in the lowest 5 bytes.
    pub(super) both: [T; 5],
}

rows!(GetRandomRow, Mixed);
