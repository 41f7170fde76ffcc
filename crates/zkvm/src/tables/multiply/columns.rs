//! The columns.

use crate::{
    bus::{Read, Replaced, Step, Write},
    row::rows,
    tables::signs::{Extended, Sign},
    word::Word,
};

/// One multiplication.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MultiplyRow<T> {
    pub(super) step: Step<T>,
    pub(super) mul: T,
    pub(super) mult: T,
    pub(super) multu: T,
    pub(super) dmult: T,
    pub(super) dmultu: T,
    pub(super) rs: Read<T>,
    pub(super) rt: Read<T>,
    /// What happens to HI; `mul` does not write it.
    pub(super) hi: Replaced<T>,
    /// What happens to the destination of `mul`, and to LO in the other operations.
    pub(super) rd: Write<T>,
    /// The upper halves of the operands; 0 if only the lower ones count.
    pub(super) upper: [[T; 2]; 2],
    /// The lower and the upper word of the product of the operands, as if they had no signs.
    pub(super) product: [Word<T>; 2],
    /// The signs of the operands.
    pub(super) signs: [Sign<T>; 2],
    /// The upper half of the result, which goes to HI.
    pub(super) high: Extended<T>,
    /// What is carried from each limb of `high` when the signs are accounted for: 0 to 2.
    pub(super) carries: [T; 4],
    /// The upper half of what goes to LO or the destination.
    pub(super) low_upper: [T; 2],
    /// Bit 31 of what goes to LO or the destination if it is sign-extended, and 0 otherwise.
    pub(super) low_sign: T,
}

rows!(MultiplyRow);
