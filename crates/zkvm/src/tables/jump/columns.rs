//! The columns.

use crate::{
    bus::{Read, Step, Write},
    row::rows,
};

/// One jump.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct JumpRow<T> {
    pub(super) step: Step<T>,
    pub(super) j: T,
    pub(super) jal: T,
    pub(super) jr: T,
    pub(super) jalr: T,
    /// The register that has the target. It is not read if the target is a constant.
    pub(super) rs: Read<T>,
    /// The lowest limb of the target in the register, divided by 4.
    pub(super) rs_words: T,
    /// The constant target; 0 if the target is in a register.
    pub(super) constant: T,
    pub(super) target: T,
    /// The register that links. It is not written if the jump does not link.
    pub(super) rd: Write<T>,
    /// The address after the delay slot: its lowest limb divided by 4, and the next limb.
    pub(super) link: [T; 2],
}

rows!(JumpRow);
