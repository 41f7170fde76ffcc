//! Errors of a running program, the *guest*.

use crate::{memory::MemoryError, oracle::OracleError};
use alloy_primitives::B256;
use tribunal_mips::Exception;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The instruction at the program counter cannot be executed.
    #[error(transparent)]
    Exception(#[from] Exception),
    /// The program counter is not a multiple of 4.
    #[error("the program counter is not a multiple of 4")]
    UnalignedPc,
    /// The guest made a system call that the machine does not support.
    #[error("unknown system call {number}")]
    UnknownSyscall {
        /// The call's number.
        number: u64,
    },
    /// The guest read at or behind the end of a pre-image.
    #[error(
        "read at offset {offset} of pre-image {key}, which has {length} bytes including its length prefix"
    )]
    PreimageOffset {
        /// The pre-image's key.
        key: B256,
        /// The offset of the read, in bytes.
        offset: u64,
        /// The length of the pre-image in bytes, including the 8 bytes in front that contain its length.
        length: u64,
    },
    /// The guest writes more bytes to the console or the hint stream than the machine buffers.
    #[error("write of {length} bytes to descriptor {descriptor}: the limit is 1 GiB")]
    WriteTooLong {
        /// The descriptor.
        descriptor: u64,
        /// The length of the write, in bytes.
        length: u64,
    },
    /// The guest creates more threads than a state file may contain.
    #[error("clone: the guest has {limit} threads, which is the limit of a state file")]
    ThreadLimit {
        /// The limit of threads.
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
    /// Whether the guest did something invalid. Then every run fails at the same step, and Cannon panics there. Other faults
    /// come from the host, or from limits that Cannon does not have: [`Fault::ThreadLimit`] and [`Fault::WriteTooLong`].
    #[must_use]
    pub const fn is_guest_fault(&self) -> bool {
        !matches!(
            self,
            Self::Memory(_) | Self::Oracle(_) | Self::ThreadLimit { .. } | Self::WriteTooLong { .. }
        )
    }
}

/// A failed step. The state may have changed in part, so it must not be used any more.
#[derive(Debug, thiserror::Error)]
#[error("step {step}, at {pc:#x}: {fault}")]
pub struct VmError {
    /// The number of steps made before the failed step.
    pub step: u64,
    /// The program counter before the failed step.
    pub pc: u64,
    /// Why it failed.
    #[source]
    pub fault: Fault,
}
