//! The columns.

use crate::row::rows;
use core::borrow::Borrow;
use p3_sha256_air::{NUM_SHA256_COLS, Sha256Cols};

/// A compression.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Sha256Row<T> {
    pub(super) real: T,
    /// The columns of Plonky3's AIR.
    pub(super) cells: [T; NUM_SHA256_COLS],
    /// The limbs of the block's words and of the state after it, the lower one of a word first. They are columns because
    /// Plonky3 copies the whole row for each column in a message, when it sets the tables up.
    pub(super) block: [[T; 2]; 16],
    pub(super) after: [[T; 2]; 8],
}

rows!(Sha256Row);

impl<T: Copy> Sha256Row<T> {
    /// The cells by name.
    pub(super) fn columns(&self) -> &Sha256Cols<T> {
        self.cells.as_slice().borrow()
    }
}
