//! The transition from one state to the next.

use super::{CheckError, memory, threads::Running, witness::Fields};
use crate::{
    StepProof,
    decode::{Instruction, Op},
    error::Fault,
    instructions::{Bus, Width, execute, insert, select},
    memory::{MerkleProof, PROOF_BYTES, WORD_MASK},
    state::{Cpu, LlStatus, THREAD_BYTES},
};

/// Steps after which a thread has to make way.
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
pub(super) fn step(mut state: Fields, proof: &StepProof) -> Result<Fields, CheckError> {
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
    let instruction = Instruction::decode(select(pc, word, Width::Word, false) as u32);
    match instruction.op {
        Op::Syscall => return super::syscalls::call(state, running, &parts, proof),
        Op::Ll | Op::Lld | Op::Sc | Op::Scd => atomic(&mut state, &mut running, instruction, &parts)?,
        _ => {
            let mut bus = ProvenBus { state: &mut state, proof: parts.first, failed: None };
            let result = execute(instruction, &mut running.thread.cpu, &mut bus);
            // The proof's fault comes before the instruction's, which it made up.
            if let Some(failed) = bus.failed {
                return Err(failed);
            }
            result?;
        }
    }
    running.close(&mut state);
    Ok(state)
}

/// Memory for an instruction: the one word that the proof opens.
struct ProvenBus<'a> {
    state: &'a mut Fields,
    proof: &'a MerkleProof,
    failed: Option<CheckError>,
}

impl Bus for ProvenBus<'_> {
    fn load(&mut self, address: u64) -> Result<u64, Fault> {
        memory::read(&self.state.memory_root, self.proof, address).or_else(|failed| {
            self.failed = Some(failed);
            Ok(0)
        })
    }

    fn store(&mut self, address: u64, word: u64) -> Result<(), Fault> {
        store(self.state, self.proof, address, word).or_else(|failed| {
            self.failed.get_or_insert(failed);
            Ok(())
        })
    }
}

/// Stores a word, which takes back a reservation of it.
pub(super) fn store(
    state: &mut Fields,
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

const fn reserve(state: &mut Fields, status: LlStatus, address: u64, owner: u64) {
    state.reservation_status = status as u8;
    state.reserved_address = address;
    state.reservation_owner = owner;
}

/// Load-linked and store-conditional.
fn atomic(
    state: &mut Fields,
    running: &mut Running,
    instruction: Instruction,
    parts: &Parts<'_>,
) -> Result<(), CheckError> {
    let owner = running.thread.id;
    let cpu: &mut Cpu = &mut running.thread.cpu;
    let address = cpu.get(instruction.rs).wrapping_add(instruction.imm as i64 as u64);
    let (width, status) = match instruction.op {
        Op::Lld | Op::Scd => (Width::Double, LlStatus::Active64),
        _ => (Width::Word, LlStatus::Active32),
    };
    let result = if matches!(instruction.op, Op::Ll | Op::Lld) {
        let word = memory::read(&state.memory_root, parts.first, address & WORD_MASK)?;
        reserve(state, status, address, owner);
        select(address, word, width, true)
    } else {
        let stands = (state.reservation_status, state.reserved_address, state.reservation_owner)
            == (status as u8, address, owner);
        if stands {
            reserve(state, LlStatus::None, 0, 0);
            let word = memory::read(&state.memory_root, parts.first, address & WORD_MASK)?;
            let word = insert(address, word, width, cpu.get(instruction.rt));
            state.memory_root = memory::write(&state.memory_root, parts.first, address & WORD_MASK, word)?;
        }
        stands.into()
    };
    cpu.set(instruction.rd, result);
    cpu.advance();
    Ok(())
}
