//! The transition from one state to the next.

use super::{CheckError, memory, threads::Running, witness::HashedState};
use crate::{
    StepProof,
    error::Fault,
    memory::{MerkleProof, PROOF_BYTES},
    state::{LlStatus, THREAD_BYTES},
};
use tribunal_mips::{Bus, Instruction, Trap, WORD_MASK, Width, execute};

/// Steps after which a thread is preempted.
const QUANTUM: u64 = 100_000;

/// The parts of a proof's data.
pub(super) struct Parts<'a> {
    thread: &'a [u8; THREAD_BYTES + 32],
    instruction: &'a MerkleProof,
    pub(super) first: &'a MerkleProof,
    pub(super) second: &'a MerkleProof,
}

impl<'a> Parts<'a> {
    fn of(data: &'a [u8]) -> Result<Self, CheckError> {
        const EXPECTED: usize = THREAD_BYTES + 32 + 3 * PROOF_BYTES;
        let parts = || {
            let (thread, data) = data.split_first_chunk()?;
            let (instruction, data) = data.split_first_chunk()?;
            let (first, data) = data.split_first_chunk()?;
            let (second, data) = data.split_first_chunk()?;
            data.is_empty().then_some(Self { thread, instruction, first, second })
        };
        parts().ok_or(CheckError::Length { part: "proof data", length: data.len(), expected: EXPECTED })
    }
}

/// The state after the step that the proof is for.
pub(super) fn step(mut state: HashedState, proof: &StepProof) -> Result<HashedState, CheckError> {
    let parts = Parts::of(&proof.proof_data)?;
    if state.exited {
        return Ok(state);
    }
    let mut running = Running::open(&state, parts.thread)?;
    state.step = state.step.wrapping_add(1);
    if running.thread.exited {
        running.drop(&mut state);
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
    let word = memory::read(&state.memory_root, parts.instruction, pc & WORD_MASK)?;
    let instruction = Instruction::decode(Width::Word.select(pc, word, false) as u32);
    let owner = running.thread.id;
    let mut bus = ProvenBus { state: &mut state, proof: parts.first, owner };
    match execute(instruction, &mut running.thread.cpu, &mut bus) {
        Ok(()) => running.close(&mut state),
        Err(Trap::Syscall) => return super::syscalls::call(state, running, &parts, proof),
        Err(Trap::Exception(exception)) => return Err(Fault::from(exception).into()),
        Err(Trap::Bus(error)) => return Err(error),
    }
    Ok(state)
}

/// Memory for an instruction of the thread `owner`: the one word that the proof is for, and the reservation.
struct ProvenBus<'a> {
    state: &'a mut HashedState,
    proof: &'a MerkleProof,
    owner: u64,
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
        reserve(self.state, LlStatus::of(width), address, self.owner);
        Ok(word)
    }

    fn store_conditional(&mut self, address: u64, width: Width, value: u64) -> Result<bool, CheckError> {
        let state = &mut *self.state;
        let reserved = (state.reservation_status, state.reserved_address, state.reservation_owner);
        if reserved != (LlStatus::of(width) as u8, address, self.owner) {
            return Ok(false);
        }
        reserve(state, LlStatus::None, 0, 0);
        let word = memory::read(&state.memory_root, self.proof, address & WORD_MASK)?;
        let word = width.insert(address, word, value);
        state.memory_root = memory::write(&state.memory_root, self.proof, address & WORD_MASK, word)?;
        Ok(true)
    }
}

/// Stores a word. A store to the reserved word clears the reservation.
pub(super) fn store(
    state: &mut HashedState,
    proof: &MerkleProof,
    address: u64,
    word: u64,
) -> Result<(), CheckError> {
    state.memory_root = memory::write(&state.memory_root, proof, address, word)?;
    if address == state.reserved_address & WORD_MASK {
        reserve(state, LlStatus::None, 0, 0);
    }
    Ok(())
}

const fn reserve(state: &mut HashedState, status: LlStatus, address: u64, owner: u64) {
    state.reservation_status = status as u8;
    state.reserved_address = address;
    state.reservation_owner = owner;
}
