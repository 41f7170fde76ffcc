//! The columns.

use crate::{row::rows, tables::Meaning};

/// An instruction.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct CodeRow<T> {
    pub(super) real: T,
    /// How often it is executed.
    pub(super) uses: T,
    /// The first limb of the address of its leaf, divided by 32.
    pub(super) first: T,
    /// The second limb of that address.
    pub(super) second: T,
    /// 1 for its place in the leaf.
    pub(super) place: [T; 8],
    /// The limbs of the leaf, word by word.
    pub(super) leaf: [T; 16],
    pub(super) fields: Fields<T>,
    /// What its opcode means.
    pub(super) meaning: Meaning<T>,
    /// 1 if it is the word 0, taken as `nop`.
    pub(super) nop: T,
    /// 1 if it is taken as a move of `rs`, because `rt` is register 0.
    pub(super) copies_rs: T,
    /// 1 if it is taken as a move of `rt`, because `rs` is register 0.
    pub(super) copies_rt: T,
    /// The field that names its destination, or 0.
    pub(super) to: T,
    /// 1 if a field names its destination, and it is register 0.
    pub(super) to_zero: T,
    /// The inverse of the number of the destination; 0 if there is none.
    pub(super) to_inverse: T,
    /// Of a jump to a region: the upper 4 bits of the delay slot's address in words, the next 13 bits, and the lowest 13.
    pub(super) delay_slot: [T; 3],
    /// What the step takes.
    pub(super) op: T,
    pub(super) rd: T,
    pub(super) rs: T,
    pub(super) rt: T,
    pub(super) immediate: [T; 3],
}

/// The fields of a word.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Fields<T> {
    /// Bits 31 to 26.
    pub(super) opcode: T,
    /// Bits 25 to 21.
    pub(super) rs: T,
    /// Bits 20 to 16.
    pub(super) rt: T,
    /// Bit 15: the sign of an immediate, and the highest bit of the field `rd`.
    pub(super) sign: T,
    /// Bits 14 to 11.
    pub(super) rd_low: T,
    /// Bits 10 to 6.
    pub(super) shift: T,
    /// Bits 5 to 0.
    pub(super) function: T,
}

rows!(CodeRow, Fields);
