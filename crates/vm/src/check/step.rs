//! Makes one step from a state of which only the witness is known.

use super::{CheckError, memory, threads::RunningThread, witness::HashedState};
use crate::{
    StepProof,
    error::Fault,
    memory::{MerkleProof, PROOF_BYTES},
    state::{LlStatus, THREAD_BYTES},
};
use tribunal_mips::{Bus, Instruction, Trap, WORD_MASK, Width, execute};

/// How many instructions a thread executes before it is preempted.
const QUANTUM: u64 = 100_000;

/// The parts of [`StepProof::proof_data`].
pub(super) struct ProofData<'a> {
    /// The encoded running thread, and the root of the stack below it.
    thread: &'a [u8; THREAD_BYTES + 32],
    /// The proof of the memory word (8 bytes) that contains the instruction (4 bytes).
    instruction: &'a MerkleProof,
    /// The proofs of the first and of the second memory word that the step accesses.
    pub(super) first_word: &'a MerkleProof,
    pub(super) second_word: &'a MerkleProof,
}

impl<'a> ProofData<'a> {
    fn split(bytes: &'a [u8]) -> Result<Self, CheckError> {
        const EXPECTED: usize = THREAD_BYTES + 32 + 3 * PROOF_BYTES;
        let parts = || {
            let (thread, rest) = bytes.split_first_chunk()?;
            let (instruction, rest) = rest.split_first_chunk()?;
            let (first_word, rest) = rest.split_first_chunk()?;
            let (second_word, rest) = rest.split_first_chunk()?;
            rest.is_empty().then_some(Self { thread, instruction, first_word, second_word })
        };
        parts().ok_or(CheckError::Length { part: "proof data", length: bytes.len(), expected: EXPECTED })
    }
}

/// Makes one step from `state` with the data of the proof, and returns the state after it.
pub(super) fn step(mut state: HashedState, proof: &StepProof) -> Result<HashedState, CheckError> {
    let data = ProofData::split(&proof.proof_data)?;
    if state.exited {
        return Ok(state);
    }
    let mut running = RunningThread::from_proof(&state, data.thread)?;
    state.step = state.step.wrapping_add(1);
    if running.thread.exited {
        running.remove(&mut state);
        return Ok(state);
    }
    if state.steps_since_switch >= QUANTUM {
        running.preempt(&mut state);
        return Ok(state);
    }
    state.steps_since_switch += 1;

    let pc = running.thread.cpu.pc;
    if pc % 4 != 0 {
        return Err(Fault::UnalignedPc.into());
    }
    let word = memory::read(&state.memory_root, data.instruction, pc & WORD_MASK)?;
    // Selects the half of the memory word in which the instruction lies. `Width::Word` is 4 bytes.
    let instruction = Instruction::decode(Width::Word.select(pc, word, false) as u32);
    let mut bus = ProvenBus { state: &mut state, proof: data.first_word, thread: running.thread.id };
    match execute(instruction, &mut running.thread.cpu, &mut bus) {
        Ok(()) => running.write_back(&mut state),
        Err(Trap::Syscall) => return super::syscalls::call(state, running, &data, proof),
        Err(Trap::Exception(exception)) => return Err(Fault::from(exception).into()),
        Err(Trap::Bus(error)) => return Err(error),
    }
    Ok(state)
}

/// What an instruction can access: the one word of memory that the proof is for, and the reservation.
struct ProvenBus<'a> {
    state: &'a mut HashedState,
    proof: &'a MerkleProof,
    /// The number of the running thread.
    thread: u64,
}

impl Bus for ProvenBus<'_> {
    type Error = CheckError;

    fn load(&mut self, address: u64) -> Result<u64, CheckError> {
        memory::read(&self.state.memory_root, self.proof, address)
    }

    fn store(&mut self, address: u64, word: u64) -> Result<(), CheckError> {
        store(self.state, self.proof, address, word)
    }

    fn load_linked(&mut self, address: u64, width: Width) -> Result<u64, CheckError> {
        let word = self.load(address & WORD_MASK)?;
        set_reservation(self.state, LlStatus::of(width), address, self.thread);
        Ok(word)
    }

    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, CheckError> {
        let state = &mut *self.state;
        let reservation = (state.reservation_status, state.reserved_address, state.reservation_owner);
        if reservation != (LlStatus::of(width) as u8, address, self.thread) {
            return Ok(false);
        }
        set_reservation(state, LlStatus::None, 0, 0);
        let word = memory::read(&state.memory_root, self.proof, address & WORD_MASK)?;
        let word = width.insert(address, word, value);
        state.memory_root = memory::write(&state.memory_root, self.proof, address & WORD_MASK, word)?;
        Ok(true)
    }
}

/// Stores the word at `address`, a multiple of 8. A store to the reserved word clears the reservation.
pub(super) fn store(
    state: &mut HashedState,
    proof: &MerkleProof,
    address: u64,
    word: u64,
) -> Result<(), CheckError> {
    state.memory_root = memory::write(&state.memory_root, proof, address, word)?;
    if address == state.reserved_address & WORD_MASK {
        set_reservation(state, LlStatus::None, 0, 0);
    }
    Ok(())
}

const fn set_reservation(state: &mut HashedState, status: LlStatus, address: u64, owner: u64) {
    state.reservation_status = status as u8;
    state.reserved_address = address;
    state.reservation_owner = owner;
}
