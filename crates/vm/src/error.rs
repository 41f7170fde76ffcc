//! The error of a failed step, [`VmError`], and its possible causes.

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
    /// The guest writes more than 1 GiB to the console or the hint stream in one call. In the hint stream, the bytes of
    /// an unfinished hint from earlier calls count, too.
    #[error("write of {length} bytes to descriptor {descriptor}: the limit is 1 GiB")]
    WriteTooLong {
        /// The descriptor.
        descriptor: u64,
        /// The length of this one write, in bytes.
        length: u64,
    },
    /// The guest creates more threads than this VM lets a program have.
    #[error("clone: the guest has {limit} threads or more, and that is the limit")]
    ThreadLimit {
        /// The limit of threads.
        limit: usize,
    },
    /// The state has no thread to run. No program reaches such a state, but a bad state file can lead to it: one in
    /// which the last thread has exited and the program has not.
    #[error("no thread on the active stack")]
    NoThread,
    /// Memory could not be allocated for the guest.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The pre-image oracle failed.
    #[error(transparent)]
    Oracle(#[from] OracleError),
}

impl Fault {
    /// Whether the guest did something invalid, at which Cannon panics. This depends only on the guest and its
    /// pre-images. So if the guest runs again with the same pre-images, it has the same fault at the same step.
    /// [`Fault::NoThread`] counts as a fault of the guest, although only a bad state file leads to it.
    ///
    /// The other faults come from the host ([`Fault::Oracle`], [`MemoryError::Commit`]), or from limits that Cannon
    /// does not have ([`Fault::ThreadLimit`], [`Fault::WriteTooLong`], [`MemoryError::Limit`]).
    #[must_use]
    pub const fn is_guest_fault(&self) -> bool {
        !matches!(
            self,
            Self::Memory(_) | Self::Oracle(_) | Self::ThreadLimit { .. } | Self::WriteTooLong { .. }
        )
    }
}

/// A failed step. It may have changed a part of the state, so the machine must not be used any more.
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
