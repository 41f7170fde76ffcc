//! The columns.

use crate::{row::rows, tables::region::RegionCells};

/// A region.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct AdviceKeyRow<T> {
    pub(super) real: T,
    /// The index, in two limbs.
    pub(super) index: [T; 2],
    pub(super) cells: RegionCells<T>,
}

rows!(AdviceKeyRow);
