//! The columns.

use crate::row::rows;

/// A word.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct StreamRow<T> {
    pub(super) real: T,
    /// The number of the word.
    pub(super) word: T,
    /// 1 for each byte that is there.
    pub(super) given: [T; 8],
    /// The bytes, which are 0 where none is there.
    pub(super) bytes: [T; 8],
}

rows!(StreamRow);
