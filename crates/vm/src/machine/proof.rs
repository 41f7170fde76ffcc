//! The proof of one step, as the on-chain contract takes it.

use super::Machine;
use crate::{
    error::{Fault, VmError},
    state::Witness,
};
use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// The proof of one step: the state before it, and of all it touches what is needed to make it.
///
/// Serialised, it is Cannon's proof file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepProof {
    /// Steps made before.
    pub step: u64,
    /// The hash of the state before the step.
    pub pre: B256,
    /// The hash of the state after it.
    pub post: B256,
    /// The witness of the state before the step, 188 bytes.
    pub state_data: Bytes,
    /// The running thread, encoded, and the root of the stack below it (330 bytes); Merkle proofs, of 1920 bytes each, of
    /// the instruction and of the first and second word that the step touches.
    pub proof_data: Bytes,
    /// The key of the pre-image that the step reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_key: Option<Bytes>,
    /// That pre-image, behind its length as a big-endian word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_value: Option<Bytes>,
    /// Where the step reads it, counted from before the length.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub oracle_offset: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

impl Machine {
    /// Makes one step and proves it.
    ///
    /// # Errors
    /// As [`Machine::step`].
    pub fn prove_step(&mut self) -> Result<StepProof, VmError> {
        let step = self.state.step;
        let pc = self.state.current_thread().map_or(0, |thread| thread.cpu.pc);
        let thread_proof = self.state.thread_proof().ok_or(Fault::NoThread).map_err(self.fail(step, pc))?;
        let mut proof_data = thread_proof.to_vec();
        proof_data.extend_from_slice(&self.state.memory.merkle_proof(pc));
        let before: Witness = self.state.witness();
        self.exact_step(true)?;
        for proof in self.accesses.proofs(&mut self.state.memory) {
            proof_data.extend_from_slice(proof);
        }
        // A key of zeros counts as none, as in Cannon: no server has an answer to it.
        let read = self.oracle.last_read().filter(|(key, _, _)| !key.is_zero());
        Ok(StepProof {
            step,
            pre: before.hash(),
            oracle_key: read.map(|(key, _, _)| Bytes::copy_from_slice(&key[..])),
            oracle_value: read.map(|(_, bytes, _)| Bytes::copy_from_slice(bytes)),
            oracle_offset: read.map_or(0, |(_, _, offset)| offset),
            post: self.state.witness().hash(),
            state_data: Bytes::copy_from_slice(&before.0),
            proof_data: proof_data.into(),
        })
    }
}
