//! The columns.

use crate::{
    bus::{Step, Write},
    row::rows,
    word::Word,
};

/// One bitwise operation with a constant.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LogicImmediateRow<T> {
    pub(super) step: Step<T>,
    pub(super) andi: T,
    pub(super) ori: T,
    pub(super) xori: T,
    pub(super) rs: T,
    /// The time of the access to the register before this one.
    pub(super) before: T,
    /// The lowest two bytes of the register.
    pub(super) low: [T; 2],
    /// The other limbs of the register.
    pub(super) upper: [T; 3],
    /// The bytes of the constant.
    pub(super) constant: [T; 2],
    /// The bits that are set in both operands, byte by byte.
    pub(super) both: [T; 2],
    pub(super) result: Word<T>,
    pub(super) rd: Write<T>,
}

rows!(LogicImmediateRow);
