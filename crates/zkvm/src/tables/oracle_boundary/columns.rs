//! The columns.

use crate::{row::rows, tables::oracle_leaf::OracleLeaf};

/// A leaf that is read.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct OracleBoundaryRow<T> {
    pub(super) real: T,
    pub(super) leaf: OracleLeaf<T>,
    /// How often each of its words is read.
    pub(super) uses: [T; 4],
}

rows!(OracleBoundaryRow);
