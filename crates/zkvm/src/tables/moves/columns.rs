//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
};

/// One move.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MoveRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
    pub(super) from: Read<T>,
    pub(super) to: Write<T>,
}

rows!(MoveRow);
