//! The columns.

use crate::{
    bus::{Constant, Read, Step, Write},
    row::rows,
};

/// One comparison.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CompareRow<T> {
    pub(super) step: Step<T>,
    pub(super) slt: T,
    pub(super) sltu: T,
    pub(super) slti: T,
    pub(super) sltiu: T,
    pub(super) rs: Read<T>,
    /// The second operand. If it is a constant, no register is read.
    pub(super) rt: Read<T>,
    /// The constant; 0 if the second operand is a register.
    pub(super) constant: Constant<T>,
    pub(super) rd: Write<T>,
    /// 1 for the highest limb in which the operands differ. All are 0 if the operands are equal.
    pub(super) differs: [T; 4],
    /// Without their signs, the first operand is less than the second.
    pub(super) below: T,
    /// By how much the limbs differ, less 1.
    pub(super) distance: T,
    /// The signs of the operands; 0 if the comparison is unsigned.
    pub(super) signs: [T; 2],
    /// The first operand is less than the second.
    pub(super) less: T,
}

rows!(CompareRow);
