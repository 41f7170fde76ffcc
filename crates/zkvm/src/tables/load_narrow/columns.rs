//! The columns.

use crate::{
    bus::{Address, Constant, MemoryCell, Read, Step, Write},
    row::rows,
};

/// One load.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LoadNarrowRow<T> {
    pub(super) step: Step<T>,
    /// The piece has 1 byte: `lb` or `lbu`.
    pub(super) byte: T,
    /// The piece has 2 bytes: `lh` or `lhu`.
    pub(super) half: T,
    /// The piece has 4 bytes: `lw` or `lwu`.
    pub(super) word: T,
    /// The piece is not sign-extended.
    pub(super) unsigned: T,
    /// The base of the address.
    pub(super) rs: Read<T>,
    /// The offset of the address.
    pub(super) constant: Constant<T>,
    pub(super) address: Address<T>,
    pub(super) memory: MemoryCell<T>,
    pub(super) rd: Write<T>,
    /// The lowest limb of the result.
    pub(super) low: T,
    /// The second limb of the result.
    pub(super) high: T,
    /// The other byte of the limb in which a byte lies. 0 for wider pieces.
    pub(super) other: T,
    /// The sign of the piece; 0 if it is not sign-extended.
    pub(super) sign: T,
    /// The byte or limb with the sign, without the sign.
    pub(super) rest: T,
}

rows!(LoadNarrowRow);
