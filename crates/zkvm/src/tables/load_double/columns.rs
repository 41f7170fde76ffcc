//! The columns.

use crate::{
    bus::{Constant, MemoryCell, Read, Step, WordAddress, Write},
    row::rows,
};

/// One load.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LoadDoubleRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
    /// The base of the address.
    pub(super) rs: Read<T>,
    /// The offset of the address.
    pub(super) constant: Constant<T>,
    pub(super) address: WordAddress<T>,
    pub(super) memory: MemoryCell<T>,
    pub(super) rd: Write<T>,
}

rows!(LoadDoubleRow);
