//! An independent checker of one step, which needs the step's proof and no machine.
//!
//! It sees what the on-chain contract sees: the 188 bytes of the state before the step, the running thread, three
//! Merkle proofs, and a pre-image. It shares only the instructions with the machine. Threads are hashes here, memory is
//! a root, and system calls are implemented a second time.

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

/// Why a proof is invalid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A part of the proof has a wrong length.
    #[error("the proof's {part} has {length} bytes instead of {expected}")]
    Length {
        /// The part.
        part: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The right length.
        expected: usize,
    },
    /// A field of the state has a value that no valid state has.
    #[error("invalid {field} in state: {value}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// The state before the step does not have the hash in the proof.
    #[error("the state before the step has the hash {computed}, the proof says {claimed}")]
    Pre {
        /// The state's hash.
        computed: B256,
        /// The hash in the proof.
        claimed: B256,
    },
    /// The state after the step does not have the hash in the proof.
    #[error("the step leads to the state {computed}, the proof says {claimed}")]
    Post {
        /// The hash of the state after the step.
        computed: B256,
        /// The hash in the proof.
        claimed: B256,
    },
    /// The proof is for another step than the state's next one.
    #[error("the state has made {state} steps, the proof is for step {claimed}")]
    Step {
        /// The step of the state.
        state: u64,
        /// The step of the proof.
        claimed: u64,
    },
    /// The thread in the proof is not the one that the state commits to.
    #[error("the proof's thread does not lead to the root of the active stack")]
    Thread,
    /// A Merkle proof does not lead to the memory's root.
    #[error("the Merkle proof of the word at {address:#x} does not lead to the memory's root")]
    Memory {
        /// The word's address.
        address: u64,
    },
    /// The step reads a pre-image that is missing in the proof, or the proof has one of another key.
    #[error("the step reads pre-image {key}, which the proof does not have")]
    NoPreimage {
        /// The pre-image's key.
        key: B256,
    },
    /// The pre-image in the proof does not match its key or its length.
    #[error("the proof's pre-image does not match the key {key}")]
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
    /// The step is invalid: no machine can make it.
    #[error("invalid step: {0}")]
    Fault(#[from] Fault),
}

/// Checks a proof: repeats its step and compares the states' hashes.
///
/// Pre-images of keccak256 and sha256 keys are hashed and compared with the key. Those of other types are accepted as they
/// are, because the contract gets them from another contract.
///
/// # Errors
/// [`CheckError`], for the first error that is found.
pub fn check_step(proof: &StepProof) -> Result<(), CheckError> {
    let state: &[u8; WITNESS_BYTES] = proof.state_data[..].try_into().map_err(|_| CheckError::Length {
        part: "state data",
        length: proof.state_data.len(),
        expected: WITNESS_BYTES,
    })?;
    let before = witness::HashedState::decode(state)?;
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
