//! The columns.

use crate::{
    bus::{Read, Step},
    row::rows,
};

/// One branch.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct BranchZeroRow<T> {
    pub(super) step: Step<T>,
    pub(super) blez: T,
    pub(super) bgtz: T,
    pub(super) bltz: T,
    pub(super) bgez: T,
    pub(super) rs: Read<T>,
    /// Where the branch goes if it is taken.
    pub(super) target: T,
    /// Where it goes.
    pub(super) goes_to: T,
    /// The register's bit 63.
    pub(super) negative: T,
    pub(super) zero: T,
    /// The inverse of the sum of the limbs, if the register is not zero.
    pub(super) inverse: T,
}

rows!(BranchZeroRow);
