//! The columns.

use crate::{row::rows, tables::LeafCells};

/// A leaf: four cells.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CellsRow<T> {
    pub(super) real: T,
    /// The number of its first cell, divided by 4.
    pub(super) index: T,
    pub(super) leaf: LeafCells<T>,
}

rows!(CellsRow);
