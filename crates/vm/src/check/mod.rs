//! An independent checker of one step. It needs only the step's proof, not a machine.
//!
//! It sees what the on-chain contract sees: the 188-byte witness of the state before the step, the running thread,
//! three Merkle proofs, and the pre-image if the step reads one. Of memory and of the other threads, it knows only
//! roots. It shares the semantics of instructions with the machine, but implements system calls and thread switches a
//! second time, so that tests find a mistake in either.

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
    /// A part of the proof has the wrong length.
    #[error("the proof's {part} has {length} bytes instead of {expected}")]
    Length {
        /// The part.
        part: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The right length in bytes.
        expected: usize,
    },
    /// A field of the state has an invalid value.
    #[error("invalid {field} in state: {value}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
    /// The hash of the state before the step is not the hash in the proof.
    #[error("the state before the step has the hash {computed}, the proof says {claimed}")]
    Pre {
        /// The hash of the state before the step.
        computed: B256,
        /// The hash in the proof.
        claimed: B256,
    },
    /// The hash of the state after the step is not the hash in the proof.
    #[error("the step leads to the state {computed}, the proof says {claimed}")]
    Post {
        /// The hash of the state after the step.
        computed: B256,
        /// The hash in the proof.
        claimed: B256,
    },
    /// The number of steps in the proof is not the state's.
    #[error("the state has made {state} steps, the proof is for step {claimed}")]
    Step {
        /// How many steps the state has made.
        state: u64,
        /// How many steps have been made according to the proof.
        claimed: u64,
    },
    /// The thread in the proof is not the running thread of the state.
    #[error("the proof's thread does not lead to the root of the active stack")]
    Thread,
    /// A Merkle proof does not lead to the root of memory.
    #[error("the Merkle proof of the word at {address:#x} does not lead to the memory's root")]
    Memory {
        /// The word's address.
        address: u64,
    },
    /// The step reads a pre-image, but the proof has no pre-image, or one with another key.
    #[error("the step reads pre-image {key}, which the proof does not have")]
    NoPreimage {
        /// The pre-image's key.
        key: B256,
    },
    /// The pre-image in the proof does not match its key, or the length in front of it is wrong.
    #[error("the proof's pre-image does not match the key {key}, or its length is wrong")]
    WrongPreimage {
        /// The pre-image's key.
        key: B256,
    },
    /// The proof's offset into the pre-image is not the state's.
    #[error("the state reads the pre-image at offset {state}, the proof says {claimed}")]
    PreimageOffset {
        /// The state's offset.
        state: u64,
        /// The proof's offset.
        claimed: u64,
    },
    /// The step is invalid: it fails in the machine, too.
    #[error("invalid step: {0}")]
    Fault(#[from] Fault),
}

/// Checks a proof: repeats its step, and compares the hashes of the states before and after it.
///
/// A pre-image with a keccak256 or sha256 key must have the hash in its key. Pre-images with other types of keys are
/// accepted unchecked, because such a key does not follow from the pre-image alone. On chain, another contract vouches
/// for them.
///
/// # Errors
/// [`CheckError`], for the first thing that is wrong.
pub fn check_step(proof: &StepProof) -> Result<(), CheckError> {
    let witness: &[u8; WITNESS_BYTES] = proof.state_data[..].try_into().map_err(|_| CheckError::Length {
        part: "state data",
        length: proof.state_data.len(),
        expected: WITNESS_BYTES,
    })?;
    let before = witness::HashedState::decode(witness)?;
    if before.hash() != proof.pre {
        return Err(CheckError::Pre { computed: before.hash(), claimed: proof.pre });
    }
    if before.step != proof.step {
        return Err(CheckError::Step { state: before.step, claimed: proof.step });
    }
    let after = step::step(before, proof)?;
    // As in the machine, there must be a thread that runs next.
    if threads::active_root(&after) == EMPTY_STACK_ROOT {
        return Err(Fault::NoThread.into());
    }
    if after.hash() != proof.post {
        return Err(CheckError::Post { computed: after.hash(), claimed: proof.post });
    }
    Ok(())
}
