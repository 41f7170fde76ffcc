//! The columns.

use crate::{row::rows, tables::region::RegionCells};

/// A region.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LocalKeyRow<T> {
    pub(super) real: T,
    /// How many local keys there are before this one. Its region is the next number.
    pub(super) number: T,
    /// The place of the key in the stream.
    pub(super) position: T,
    pub(super) cells: RegionCells<T>,
    /// The key before this one, two bytes a limb, the first byte the higher one; zeros before the first key.
    pub(super) previous: [T; 16],
    /// The key.
    pub(super) key: [T; 32],
    /// The bits that are set in both bytes of two. They mean nothing here, but a pair of bytes is looked up with them.
    pub(super) both: [T; 16],
    /// 1 for the first limb in which the key differs from the one before it.
    pub(super) differs: [T; 16],
    /// How much greater that limb is.
    pub(super) by: T,
    /// The last four bytes of the length, and for each two of them the bits that are set in both.
    pub(super) length: [T; 4],
    pub(super) length_both: [T; 2],
}

rows!(LocalKeyRow);
