//! The proof of one step, as the on-chain contract takes it.

use super::{Both, Machine, Observer};
use crate::{
    error::{Fault, VmError},
    memory::{Memory, MemoryView, MerkleProof, PROOF_BYTES},
};
use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};
use tribunal_mips::{Cpu, Instruction};

/// The proof of one step: the state before it, and all that a verifier needs to repeat the step.
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
    /// That pre-image, with its length as a big-endian word in front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_value: Option<Bytes>,
    /// The offset at which the step reads it, counting the 8 bytes of the length.
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
        let state = &mut self.core.state;
        let step = state.step;
        let pc = state.current_thread().map_or(0, |thread| thread.cpu.pc);
        let no_thread = VmError { step, pc, fault: Fault::NoThread };
        let mut proof_data = state.thread_proof().ok_or(no_thread)?.to_vec();
        proof_data.extend_from_slice(&state.memory.merkle_proof(pc));
        let before = state.witness();
        self.prover.begin_proof();
        let made = self.core.step(&mut Both(self.counter.as_mut(), &mut self.prover));
        let read = self.prover.end_proof();
        made?;
        for proof in self.prover.proofs(&mut self.core.state.memory) {
            proof_data.extend_from_slice(proof);
        }
        // As in Cannon, a key of zeros is left out: no server can answer it.
        let read = read.filter(|read| !read.key.is_zero());
        Ok(StepProof {
            step,
            pre: before.hash(),
            oracle_key: read.as_ref().map(|read| Bytes::copy_from_slice(&read.key[..])),
            oracle_offset: read.as_ref().map_or(0, |read| read.offset),
            oracle_value: read.map(|read| read.preimage),
            post: self.core.state.witness().hash(),
            state_data: Bytes::copy_from_slice(&before.0),
            proof_data: proof_data.into(),
        })
    }
}

/// The observer that collects what a step touches: Merkle proofs of memory before each access, and the pre-image.
///
/// If a step touches no memory, Cannon leaves the proofs of an earlier step in place. A verifier ignores them. This
/// observer keeps them, too, so that proofs have the same bytes.
#[derive(Default)]
pub(super) struct StepProver {
    mode: Mode,
    /// The word that the step touched last.
    last: Option<u64>,
    proofs: Box<[Proof; 2]>,
    read: Option<PreimageRead>,
}

/// What the prover has to do.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    /// Nothing: no step is proven.
    #[default]
    Idle,
    /// A later step may be proven. Its proof contains the Merkle proof of the second word of the latest step that
    /// touched two.
    Expecting,
    /// The step that is being made is proven. [`Mode::Expecting`] follows if `expecting`, otherwise [`Mode::Idle`].
    Proving { expecting: bool },
}

/// What a step read of a pre-image.
pub(super) struct PreimageRead {
    key: B256,
    preimage: Bytes,
    offset: u64,
}

impl StepProver {
    pub(super) const fn expects_proofs(&self) -> bool {
        matches!(self.mode, Mode::Expecting)
    }

    pub(super) const fn expect_proofs(&mut self) {
        self.mode = Mode::Expecting;
    }

    fn begin_proof(&mut self) {
        self.mode = Mode::Proving { expecting: self.expects_proofs() };
    }

    /// Ends the proof of a step, and returns what it read of a pre-image.
    fn end_proof(&mut self) -> Option<PreimageRead> {
        let expecting = matches!(self.mode, Mode::Proving { expecting: true });
        self.mode = if expecting { Mode::Expecting } else { Mode::Idle };
        self.read.take()
    }

    const fn is_proving(&self) -> bool {
        matches!(self.mode, Mode::Proving { .. })
    }

    /// The Merkle proofs of the first word of the latest step that touched one, and of the second word of the latest
    /// that touched two.
    fn proofs(&mut self, memory: &mut Memory) -> impl Iterator<Item = &MerkleProof> {
        if let Some(proof) = memory.take_deferred_proof() {
            self.proofs[1].0 = proof;
        }
        self.proofs.iter().map(|proof| &proof.0)
    }

    /// Notes that the word at `address` is about to be touched. Only `clock_gettime` touches a second one.
    fn touch(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        let before = self.last.replace(address);
        if before == Some(address) {
            return;
        }
        match (before, self.is_proving()) {
            (None, true) => self.proofs[0].0 = memory.merkle_proof(address),
            (None, false) => {}
            (Some(_), true) => {
                self.proofs[1].0 = memory.merkle_proof(address);
                memory.cancel_deferred_proof();
            }
            (Some(_), false) => memory.defer_proof(address),
        }
    }
}

impl Observer for StepProver {
    fn fetch(&mut self, _memory: &mut MemoryView<'_>, _cpu: &Cpu, _instruction: Instruction) {
        self.last = None;
    }

    fn load(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        self.touch(memory, address);
    }

    fn store(&mut self, memory: &mut MemoryView<'_>, address: u64, _new: u64) {
        self.touch(memory, address);
    }

    fn preimage(&mut self, key: &B256, preimage: &[u8], offset: u64, _length: usize) {
        if self.is_proving() {
            self.read = Some(PreimageRead { key: *key, preimage: Bytes::copy_from_slice(preimage), offset });
        }
    }
}

/// A Merkle proof, all zero at first.
struct Proof(MerkleProof);

impl Default for Proof {
    fn default() -> Self {
        Self([0; PROOF_BYTES])
    }
}
