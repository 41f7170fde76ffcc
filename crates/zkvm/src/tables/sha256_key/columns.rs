//! The columns.

use crate::{row::rows, tables::region::RegionCells};

/// A region.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Sha256KeyRow<T> {
    pub(super) real: T,
    /// The number of the region, and its inverse.
    pub(super) region: T,
    pub(super) inverse: T,
    pub(super) cells: RegionCells<T>,
    /// Each limb of the length: the lowest 13 bits, and the others.
    pub(super) length: [[T; 2]; 2],
    /// The digest of its bytes.
    pub(super) digest: [T; 32],
    /// The bits that are set in both bytes of two. They mean nothing here, but a pair of bytes is looked up with them.
    pub(super) both: [T; 16],
}

rows!(Sha256KeyRow);
