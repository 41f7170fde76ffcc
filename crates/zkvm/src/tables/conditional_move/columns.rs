//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
    word::Word,
};

/// One conditional move.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ConditionalMoveRow<T> {
    pub(super) step: Step<T>,
    pub(super) movz: T,
    pub(super) movn: T,
    pub(super) rs: Read<T>,
    pub(super) rt: Read<T>,
    /// The destination, which keeps its value if there is no move.
    pub(super) rd: Write<T>,
    /// `rt` is zero.
    pub(super) zero: T,
    /// The inverse of the sum of the limbs of `rt`, if it is not zero.
    pub(super) inverse: T,
    pub(super) result: Word<T>,
}

rows!(ConditionalMoveRow);
