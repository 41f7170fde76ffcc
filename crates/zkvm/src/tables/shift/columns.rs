//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
    tables::power::Power,
    word::Word,
};

/// A shift by a constant.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ShiftRow<T> {
    pub(super) step: Step<T>,
    pub(super) shifted: Shifted<T>,
    /// The amount, 0 to 63.
    pub(super) amount: T,
}

/// A shift by a register.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ShiftVariableRow<T> {
    pub(super) step: Step<T>,
    pub(super) shifted: Shifted<T>,
    /// The register that has the amount.
    pub(super) rs: Read<T>,
    /// The lowest limb of this register, divided by the width.
    pub(super) excess: T,
}

/// What both kinds of shifts have.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Shifted<T> {
    /// The kind of shift.
    pub(super) sll: T,
    pub(super) srl: T,
    pub(super) sra: T,
    pub(super) dsll: T,
    pub(super) dsrl: T,
    pub(super) dsra: T,
    pub(super) rt: Read<T>,
    pub(super) rd: Write<T>,
    /// 1 for the number of whole limbs, 1 to 3, that the word is shifted by. All are 0 if there is none.
    pub(super) whole: [T; 3],
    /// The amount less whole limbs.
    pub(super) power: Power<T>,
    /// The upper parts of the limbs of the word that was shifted by whole limbs.
    pub(super) upper: [T; 4],
    /// The lower parts of these limbs.
    pub(super) lower: [T; 4],
    /// The sign of the operand if it fills the result from above; otherwise that of a 32-bit result; otherwise 0.
    pub(super) sign: T,
    /// The limb that has the sign, without it.
    pub(super) without_sign: T,
    pub(super) result: Word<T>,
}

rows!(ShiftRow, ShiftVariableRow, Shifted);
