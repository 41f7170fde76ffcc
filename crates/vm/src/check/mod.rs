//! An independent checker of one step: from a proof alone, without a machine.
//!
//! It sees what the on-chain contract sees: the 188 bytes of the state before the step, the thread that runs, three
//! Merkle proofs, and a piece of a pre-image. It shares with the machine what an instruction does to registers, and
//! nothing else: threads are hashes here, memory is a root, and system calls are written a second time.

mod memory;
mod preimage;
mod step;
mod syscalls;
#[cfg(test)]
mod tests;
mod threads;
mod witness;

#[cfg(test)]
pub(crate) use memory::check_memory_proof;

use crate::{
    StepProof,
    error::Fault,
    state::{EMPTY_STACK_ROOT, WITNESS_BYTES},
};
use alloy_primitives::B256;

/// Why a proof does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A part of the proof has another length than it must have.
    #[error("the proof's {part} has {length} bytes instead of {expected}")]
    Length {
        /// The part.
        part: &'static str,
        /// Its length.
        length: usize,
        /// The length that it must have.
        expected: usize,
    },
    /// A field of the state holds what no state has.
    #[error("the state's {field} is {value}, which cannot be")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// The state before the step has another hash than the proof says.
    #[error("the state before the step has the hash {computed}, the proof says {claimed}")]
    Pre {
        /// The hash that the state has.
        computed: B256,
        /// The hash that the proof gives.
        claimed: B256,
    },
    /// The step leads to another state than the proof says.
    #[error("the step leads to the state {computed}, the proof says {claimed}")]
    Post {
        /// The hash of the state that the step leads to.
        computed: B256,
        /// The hash that the proof gives.
        claimed: B256,
    },
    /// The proof's step is not the state's.
    #[error("the state has made {state} steps, the proof is for step {claimed}")]
    Step {
        /// What the state says.
        state: u64,
        /// What the proof says.
        claimed: u64,
    },
    /// The thread in the proof is not the one that the state commits to.
    #[error("the running thread does not lead to the root of its stack")]
    Thread,
    /// A Merkle proof does not lead to the memory's root.
    #[error("the proof of the word at {address:#x} does not lead to the memory's root")]
    Memory {
        /// The word's address.
        address: u64,
    },
    /// The step reads a pre-image that the proof does not have, or has for another key.
    #[error("the step reads pre-image {key}, which the proof does not have")]
    NoPreimage {
        /// The pre-image's key.
        key: B256,
    },
    /// The pre-image in the proof is not one of its key.
    #[error("the proof's pre-image is not one of its key {key}")]
    WrongPreimage {
        /// The pre-image's key.
        key: B256,
    },
    /// The proof reads the pre-image at another offset than the state.
    #[error("the state reads the pre-image at {state}, the proof at {claimed}")]
    PreimageOffset {
        /// The state's offset.
        state: u64,
        /// The proof's offset.
        claimed: u64,
    },
    /// The step cannot be made, on any machine.
    #[error("the step cannot be made: {0}")]
    Fault(#[from] Fault),
}

/// Makes the one step that a proof is for, and compares.
///
/// Pre-images are held against their keys where a hash can tell (keccak256 and sha256); those of other types are taken as
/// given, as the contract takes them from another one.
///
/// # Errors
/// [`CheckError`], for the first thing that is wrong.
pub fn check_step(proof: &StepProof) -> Result<(), CheckError> {
    let state: &[u8; WITNESS_BYTES] = proof.state_data[..].try_into().map_err(|_| CheckError::Length {
        part: "state data",
        length: proof.state_data.len(),
        expected: WITNESS_BYTES,
    })?;
    let before = witness::Fields::decode(state)?;
    if before.hash() != proof.pre {
        return Err(CheckError::Pre { computed: before.hash(), claimed: proof.pre });
    }
    if before.step != proof.step {
        return Err(CheckError::Step { state: before.step, claimed: proof.step });
    }
    let after = step::step(before, proof)?;
    if threads::active_root(&after) == EMPTY_STACK_ROOT {
        return Err(Fault::NoThread.into());
    }
    if after.hash() != proof.post {
        return Err(CheckError::Post { computed: after.hash(), claimed: proof.post });
    }
    Ok(())
}
