//! The columns.

use crate::row::rows;

/// The only row that counts is the first one.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct OracleSegmentRow<T> {
    /// How many local keys there are.
    pub(super) count: T,
    /// The bytes that are hashed of them.
    pub(super) length: T,
    /// The last key, two bytes a limb; zeros if there is none.
    pub(super) last: [T; 16],
}

rows!(OracleSegmentRow);
