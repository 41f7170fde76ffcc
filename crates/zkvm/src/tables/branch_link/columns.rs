//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
};

/// One branch.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct BranchLinkRow<T> {
    pub(super) step: Step<T>,
    pub(super) bltzal: T,
    pub(super) bgezal: T,
    pub(super) rs: Read<T>,
    /// Where the branch goes if it is taken.
    pub(super) target: T,
    /// Where it goes.
    pub(super) goes_to: T,
    /// The register's bit 63.
    pub(super) negative: T,
    /// The register that links, whether the branch is taken or not.
    pub(super) rd: Write<T>,
    /// The address after the delay slot: its lowest limb divided by 4, and the next limb.
    pub(super) link: [T; 2],
}

rows!(BranchLinkRow);
