//! Errors of a running program.

use crate::{memory::MemoryError, oracle::OracleError};
use alloy_primitives::B256;
use tribunal_mips::Exception;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No machine can execute the instruction at the program counter.
    #[error(transparent)]
    Exception(#[from] Exception),
    /// The program counter is not a multiple of 4.
    #[error("the program counter is not a multiple of 4")]
    UnalignedPc,
    /// The guest made a system call that the machine does not support.
    #[error("unknown system call {number}")]
    UnknownSyscall {
        /// Its number.
        number: u64,
    },
    /// The guest read beyond the end of a pre-image.
    #[error(
        "read at offset {offset} of pre-image {key}, which has {length} bytes including its length prefix"
    )]
    PreimageOffset {
        /// The pre-image's key.
        key: B256,
        /// The offset of the read.
        offset: u64,
        /// The length of the pre-image, its 8-byte prefix included.
        length: u64,
    },
    /// The guest writes more bytes in one call than the machine buffers.
    #[error("write of {length} bytes to descriptor {descriptor}: the limit is 1 GiB")]
    WriteTooLong {
        /// The descriptor.
        descriptor: u64,
        /// Its length.
        length: u64,
    },
    /// The guest creates more threads than a state file holds.
    #[error("clone: the guest has {limit} threads, which is the limit of a state file")]
    ThreadLimit {
        /// The limit.
        limit: usize,
    },
    /// The state has no thread to run.
    #[error("no thread on the active stack")]
    NoThread,
    /// Memory could not be allocated.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The pre-image oracle failed.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

impl Fault {
    /// Whether the program caused the fault. Then every machine stops at this step, and Cannon panics.
    #[must_use]
    pub const fn is_guest_fault(&self) -> bool {
        !matches!(self, Self::Memory(_) | Self::Oracle(_) | Self::ThreadLimit { .. })
    }
}

/// A step that failed. The state may be in the middle of that step, so it must not be used any more.
#[derive(Debug, thiserror::Error)]
#[error("step {step}, at {pc:#x}: {fault}")]
pub struct VmError {
    /// Steps made before.
    pub step: u64,
    /// The program counter before the step.
    pub pc: u64,
    /// The cause.
    #[source]
    pub fault: Fault,
}
