//! The proof of one step, in the form that the on-chain contract verifies.

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
/// Serialised as JSON, it is Cannon's proof file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepProof {
    /// The number of steps that the program had made before this step.
    pub step: u64,
    /// The hash of the state before the step.
    pub pre: B256,
    /// The hash of the state after the step.
    pub post: B256,
    /// The witness of the state before the step, 188 bytes.
    pub state_data: Bytes,
    /// The encoded running thread and the root of the stack below it, 330 bytes. Then three Merkle proofs of 1920 bytes
    /// each: of the instruction, and of the first and the second word that the step loads or stores. If there is no
    /// such word, the proof in its place is from an earlier step, or all zeros. Verifiers ignore it.
    pub proof_data: Bytes,
    /// The key of the pre-image that the step reads, if it reads one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_key: Option<Bytes>,
    /// The pre-image, with its length as a big-endian word in front.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle_value: Option<Bytes>,
    /// The offset at which the step reads, counted from the start of `oracle_value`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub oracle_offset: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(offset: &u64) -> bool {
    *offset == 0
}

impl Machine {
    /// Makes one step and proves it. If the machine makes other steps first, call [`Machine::expect_proofs`] before
    /// them.
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
        let outcome = self.core.step(&mut Both(self.counter.as_mut(), &mut self.prover));
        let read = self.prover.end_proof();
        outcome?;
        for proof in self.prover.proofs(&mut self.core.state.memory) {
            proof_data.extend_from_slice(proof);
        }
        // As in Cannon, the proof leaves out a read with a key of zeros: no server can answer it.
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

/// The observer that collects what a proof contains: the pre-image that the step reads, and the Merkle proof of each
/// word that the step touches (loads or stores). A Merkle proof is of memory as it was just before the step first
/// touched its word.
///
/// Only `clock_gettime` touches two words. Any other step touches at most one. For each missing word, Cannon leaves the
/// Merkle proof of an earlier step in its place. A verifier ignores such proofs. This observer keeps them, too, so that
/// its proofs have the same bytes.
#[derive(Default)]
pub(super) struct StepProver {
    mode: Mode,
    /// The address of the word that the current step has touched last.
    last_touched: Option<u64>,
    /// The Merkle proofs of the first and the second word that a step touched, see [`StepProver::proofs`].
    proofs: Box<[Proof; 2]>,
    /// What the current step has read of a pre-image.
    read: Option<PreimageRead>,
}

/// What the prover has to do.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    /// Nothing: no step is proven, and none is expected to be.
    #[default]
    Idle,
    /// The current step is not proven, but a later one may be. Its proof may contain the Merkle proof of the second
    /// word that this step touches.
    Expecting,
    /// The current step is proven. Afterwards the mode is [`Mode::Expecting`] if `expecting`, otherwise [`Mode::Idle`].
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

    /// Ends the proof of a step, and returns what the step has read of a pre-image.
    fn end_proof(&mut self) -> Option<PreimageRead> {
        let expecting = matches!(self.mode, Mode::Proving { expecting: true });
        self.mode = if expecting { Mode::Expecting } else { Mode::Idle };
        self.read.take()
    }

    const fn is_proving(&self) -> bool {
        matches!(self.mode, Mode::Proving { .. })
    }

    /// The two Merkle proofs. The proof of the first word comes from the last proven step that touched a word. The
    /// proof of the second word comes from the last step that touched two words in a mode other than [`Mode::Idle`]. If
    /// that proof was deferred, makes it now.
    fn proofs(&mut self, memory: &mut Memory) -> impl Iterator<Item = &MerkleProof> {
        if let Some(proof) = memory.take_deferred_proof() {
            self.proofs[1].0 = proof;
        }
        self.proofs.iter().map(|proof| &proof.0)
    }

    /// Notes that the step is about to touch the word at `address`. Makes or defers the word's Merkle proof if the mode
    /// demands it.
    fn touch(&mut self, memory: &mut MemoryView<'_>, address: u64) {
        let last_touched = self.last_touched.replace(address);
        if last_touched == Some(address) {
            return;
        }
        let is_second = last_touched.is_some();
        match (is_second, self.is_proving()) {
            (false, true) => self.proofs[0].0 = memory.merkle_proof(address),
            (false, false) => {}
            (true, true) => {
                self.proofs[1].0 = memory.merkle_proof(address);
                memory.cancel_deferred_proof();
            }
            // Cannon makes the proof of the second word even if it does not prove the step.
            (true, false) => memory.defer_proof(address),
        }
    }
}

impl Observer for StepProver {
    fn fetch(&mut self, _memory: &mut MemoryView<'_>, _cpu: &Cpu, _instruction: Instruction) {
        self.last_touched = None;
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

/// A Merkle proof. The default is all zeros, as in Cannon.
struct Proof(MerkleProof);

impl Default for Proof {
    fn default() -> Self {
        Self([0; PROOF_BYTES])
    }
}
