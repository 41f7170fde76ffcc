//! The columns.

use crate::{row::rows, tables::oracle_leaf::OracleLeaf};

/// A leaf that is written.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct OracleWriteRow<T> {
    pub(super) real: T,
    pub(super) leaf: OracleLeaf<T>,
}

rows!(OracleWriteRow);
