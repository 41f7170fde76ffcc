//! The columns.

use crate::row::rows;
use core::borrow::Borrow;
use p3_keccak_air::{KeccakCols, NUM_KECCAK_COLS};

/// A round of a permutation. Its columns are those of Plonky3's AIR.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct KeccakRow<T> {
    cells: [T; NUM_KECCAK_COLS],
}

rows!(KeccakRow);

impl<T: Copy> KeccakRow<T> {
    /// The cells by name.
    pub(super) fn columns(&self) -> &KeccakCols<T> {
        self.cells.as_slice().borrow()
    }
}
