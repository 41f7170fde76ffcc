//! The columns.

use crate::{
    bus::{Address, Constant, MemoryCell, Read, Step},
    row::rows,
    word::Word,
};

/// One store.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct StoreNarrowRow<T> {
    pub(super) step: Step<T>,
    pub(super) sb: T,
    pub(super) sh: T,
    pub(super) sw: T,
    /// The base of the address.
    pub(super) rs: Read<T>,
    /// Its lowest bytes are stored.
    pub(super) rt: Read<T>,
    /// The offset of the address.
    pub(super) constant: Constant<T>,
    pub(super) address: Address<T>,
    pub(super) memory: MemoryCell<T>,
    /// The word of memory after the store.
    pub(super) new: Word<T>,
    /// The second byte of the register. 0 for wider pieces.
    pub(super) upper: T,
    /// The byte of memory at the address, before the store.
    pub(super) replaced: T,
    /// The other byte of the limb at the address.
    pub(super) kept: T,
    /// The bits that are set in both bytes of the register's lowest limb, and in both bytes of the limb at the address.
    /// 0 for wider pieces.
    pub(super) both: [T; 2],
}

rows!(StoreNarrowRow);
