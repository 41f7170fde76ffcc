//! The columns.

use crate::{
    bus::{Constant, MemoryCell, Read, Step, WordAddress},
    row::rows,
};

/// One store.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct StoreDoubleRow<T> {
    pub(super) step: Step<T>,
    pub(super) real: T,
    /// The base of the address.
    pub(super) rs: Read<T>,
    /// What is stored.
    pub(super) rt: Read<T>,
    /// The offset of the address.
    pub(super) constant: Constant<T>,
    pub(super) address: WordAddress<T>,
    pub(super) memory: MemoryCell<T>,
}

rows!(StoreDoubleRow);
