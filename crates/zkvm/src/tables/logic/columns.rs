//! The columns.

use crate::{
    bus::{ReadBytes, Step, Write},
    row::rows,
    word::Word,
};

/// One bitwise operation.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LogicRow<T> {
    pub(super) step: Step<T>,
    pub(super) and: T,
    pub(super) or: T,
    pub(super) xor: T,
    pub(super) nor: T,
    pub(super) rs: ReadBytes<T>,
    pub(super) rt: ReadBytes<T>,
    pub(super) rd: Write<T>,
    /// The bits that are set in both operands, byte by byte.
    pub(super) both: [T; 8],
    pub(super) result: Word<T>,
}

rows!(LogicRow);
