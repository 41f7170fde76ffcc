//! The columns.

use crate::{row::rows, tables::LeafCells};

/// A leaf: four cells.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CellsRow<T> {
    pub(super) real: T,
    /// The number of its first cell, divided by 4: the lowest 16 bits and the next 6 bits.
    pub(super) index: [T; 2],
    pub(super) leaf: LeafCells<T>,
}

rows!(CellsRow);
