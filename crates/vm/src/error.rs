//! What can go wrong while a program runs.

use crate::{memory::MemoryError, oracle::OracleError};
use alloy_primitives::B256;
use tribunal_mips::Exception;

/// Why a step could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The instruction at the program counter is one that no machine can execute.
    #[error(transparent)]
    Exception(#[from] Exception),
    /// The program counter is not a multiple of 4.
    #[error("the program counter is not a multiple of 4")]
    UnalignedPc,
    /// A system call that the machine does not have.
    #[error("unknown system call {number}")]
    UnknownSyscall {
        /// Its number.
        number: u64,
    },
    /// The guest read on behind the end of a pre-image.
    #[error("a read at offset {offset} of pre-image {key}, which has {length} bytes with its length")]
    PreimageOffset {
        /// The pre-image's key.
        key: B256,
        /// Where the guest read.
        offset: u64,
        /// Where the pre-image ends.
        length: u64,
    },
    /// The guest writes more in one call than a machine should buffer.
    #[error("a write of {length} bytes to descriptor {descriptor}")]
    WriteTooLong {
        /// The descriptor.
        descriptor: u64,
        /// Its length.
        length: u64,
    },
    /// The state has no thread to run.
    #[error("no thread on the active stack")]
    NoThread,
    /// Memory could not be had.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The pre-image oracle failed.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

impl Fault {
    /// Whether the program caused the fault, so that every machine stops it there: what Cannon calls a panic.
    #[must_use]
    pub const fn is_guest_fault(&self) -> bool {
        !matches!(self, Self::Memory(_) | Self::Oracle(_))
    }
}

/// A step that could not be made. The state may be in the middle of that step and is of no further use.
#[derive(Debug, thiserror::Error)]
#[error("step {step}, at {pc:#x}: {fault}")]
pub struct VmError {
    /// Steps made before.
    pub step: u64,
    /// The program counter before the step.
    pub pc: u64,
    /// What was wrong.
    #[source]
    pub fault: Fault,
}
