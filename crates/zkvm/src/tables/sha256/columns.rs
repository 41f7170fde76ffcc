//! The columns.

use crate::row::rows;
use core::borrow::Borrow;
use p3_sha256_air::{NUM_SHA256_COLS, Sha256Cols};

/// A compression. Its columns but the first one are those of Plonky3's AIR.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Sha256Row<T> {
    pub(super) real: T,
    pub(super) cells: [T; NUM_SHA256_COLS],
}

rows!(Sha256Row);

impl<T: Copy> Sha256Row<T> {
    /// The cells by name.
    pub(super) fn columns(&self) -> &Sha256Cols<T> {
        self.cells.as_slice().borrow()
    }
}
