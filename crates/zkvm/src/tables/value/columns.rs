//! The columns.

use crate::row::rows;

/// A word of a region.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ValueRow<T> {
    pub(super) real: T,
    /// 1 if the bytes belong to a local key.
    pub(super) local: T,
    pub(super) region: T,
    /// The number of the word in the region.
    pub(super) word: T,
    /// The bytes from this word on.
    pub(super) rest: T,
    /// The place of the first byte in the stream.
    pub(super) position: T,
    /// 1 for each byte that is there.
    pub(super) given: [T; 8],
    /// The bytes, which are 0 where none is there.
    pub(super) bytes: [T; 8],
    /// The bits that are set in both bytes of two. They mean nothing here, but a pair of bytes is looked up with them.
    pub(super) both: [T; 4],
    /// 1 for each byte that is sent to the stream.
    pub(super) streamed: [T; 8],
}

rows!(ValueRow);
