//! The columns.

use crate::{
    bus::{Read, Step},
    row::rows,
    word::Word,
};

/// One branch.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct BranchEqualRow<T> {
    pub(super) step: Step<T>,
    pub(super) beq: T,
    pub(super) bne: T,
    pub(super) rs: Read<T>,
    pub(super) rt: Read<T>,
    /// Where the branch goes if it is taken.
    pub(super) target: T,
    /// Where it goes.
    pub(super) goes_to: T,
    pub(super) equal: T,
    /// For each limb a factor. The differences of the limbs, times these, add up to 1 if the registers are not equal.
    pub(super) witness: Word<T>,
}

rows!(BranchEqualRow);
