//! The columns.

use crate::{
    bus::{Constant, Read, ReadBytes, Step, Write},
    row::rows,
    word::Word,
};

/// One load or store.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct UnalignedRow<T> {
    pub(super) step: Step<T>,
    pub(super) lwl: T,
    pub(super) lwr: T,
    pub(super) ldl: T,
    pub(super) ldr: T,
    pub(super) swl: T,
    pub(super) swr: T,
    pub(super) sdl: T,
    pub(super) sdr: T,
    /// The base of the address.
    pub(super) rs: Read<T>,
    /// What is stored, or what a load merges into.
    pub(super) rt: ReadBytes<T>,
    /// The offset of the address.
    pub(super) constant: Constant<T>,
    /// The carry out of each limb of the sum of base and offset.
    pub(super) carries: [T; 4],
    /// 1 for the place of the address in its word, from 1 to 7. All are 0 if the address is a multiple of 8.
    pub(super) places: [T; 7],
    pub(super) memory: MemoryBytes<T>,
    /// The word of memory after the access.
    pub(super) new: Word<T>,
    /// The time of the last store after the access.
    pub(super) stored: T,
    /// The register of a load.
    pub(super) rd: Write<T>,
    /// What a load leaves in the register. 0 for a store.
    pub(super) result: Word<T>,
    /// Bit 31 of the result of `lwl` and `lwr`. 0 for the others.
    pub(super) sign: T,
    /// The bits that are set both in a byte of the register and in the byte of memory with the same weight.
    pub(super) both: [T; 8],
}

/// A word of memory that is accessed byte by byte.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct MemoryBytes<T> {
    /// The word before the access, the least significant byte first.
    pub(super) bytes: [T; 8],
    /// The time of the access before this one.
    pub(super) before: T,
    /// The time of the last store before this access.
    pub(super) stored: T,
}

rows!(UnalignedRow, MemoryBytes);
