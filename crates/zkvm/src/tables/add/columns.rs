//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
    word::Word,
};

/// One addition or subtraction.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct AddRow<T> {
    pub(super) step: Step<T>,
    pub(super) daddu: T,
    pub(super) dsubu: T,
    pub(super) addu: T,
    pub(super) subu: T,
    pub(super) rs: Read<T>,
    pub(super) rt: Read<T>,
    pub(super) rd: Write<T>,
    pub(super) sum: Sum<T>,
}

/// The result of an addition, and what proves it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Sum<T> {
    /// The result.
    pub(crate) result: Word<T>,
    /// The carry out of each limb.
    pub(crate) carries: [T; 4],
    /// Bit 31 of a 32-bit result, and 0 for a 64-bit one.
    pub(crate) sign: T,
}

rows!(AddRow, Sum);
