//! The columns.

use crate::{row::rows, word::Word};

/// The product of two unsigned words.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ProductRow<T> {
    /// 1 in a row that has a product.
    pub(super) real: T,
    /// How often the product is used.
    pub(super) uses: T,
    pub(super) a: Factor<T>,
    pub(super) b: Factor<T>,
    /// The lower and the upper word of the product.
    pub(super) product: [Word<T>; 2],
    /// The carry out of each limb of the product but the last, which has none.
    pub(super) carries: [T; 7],
}

/// One of the two words that are multiplied.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Factor<T> {
    /// The word, the least significant byte first.
    pub(super) bytes: [T; 8],
    /// The bits that are set in both bytes of a limb. They mean nothing here, but a pair of bytes is looked up with them.
    pub(super) both: [T; 4],
}

rows!(ProductRow, Factor);
