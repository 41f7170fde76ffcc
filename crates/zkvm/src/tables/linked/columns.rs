//! The columns.

use crate::{
    bus::{Address, Constant, MemoryCell, Read, Replaced, Step, Write},
    row::rows,
    word::Word,
};

/// One load-linked or store-conditional.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LinkedRow<T> {
    pub(super) step: Step<T>,
    /// 1 for what the row does, and how wide it is: 32 bits and 64 bits.
    pub(super) links: [T; 2],
    /// A conditional store that stores.
    pub(super) stores: [T; 2],
    /// A conditional store that does not store.
    pub(super) fails: [T; 2],
    /// The base of the address.
    pub(super) rs: Read<T>,
    /// What is stored, if it is.
    pub(super) rt: Read<T>,
    /// The offset of the address.
    pub(super) constant: Constant<T>,
    pub(super) address: Address<T>,
    pub(super) memory: MemoryCell<T>,
    /// The word of memory after the step, and the time of the last store then.
    pub(super) new: Word<T>,
    pub(super) stored: T,
    pub(super) rd: Write<T>,
    pub(super) result: Word<T>,
    /// The sign of a word of 32 bits that is loaded.
    pub(super) sign: T,
    pub(super) reservation: Reserved<T>,
    /// The running thread. It is only read.
    pub(super) thread: Replaced<T>,
    /// 1 if the word was stored to after the reservation was made.
    pub(super) late: T,
    /// The time between the reservation and the last store, in two parts of 12 bits. If the store came later, the gap
    /// is smaller by 1.
    pub(super) gap: [T; 2],
    /// For each number that the reservation consists of: what its difference from the one that the store needs is
    /// multiplied with. If the sum of these is 1, there is a difference.
    pub(super) differs: [T; DIFFERENCES],
}

/// The reservation, before the step and after it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Reserved<T> {
    /// The status: 0, 1 (32 bits) or 2 (64 bits).
    pub(super) status: T,
    pub(super) new_status: T,
    /// The times of the accesses before this one: to the status, and to when it was made.
    pub(super) status_before: T,
    pub(super) time_before: T,
    pub(super) address: Replaced<T>,
    pub(super) new_address: Word<T>,
    pub(super) owner: Replaced<T>,
    pub(super) new_owner: Word<T>,
    /// When it was made, in two limbs.
    pub(super) time: [T; 2],
    pub(super) new_time: [T; 2],
}

/// The numbers of a reservation that a conditional store compares: the status, and the limbs of the address and the owner.
pub(super) const DIFFERENCES: usize = 9;

rows!(LinkedRow, Reserved);
