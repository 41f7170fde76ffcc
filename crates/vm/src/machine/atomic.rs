//! Load-linked and store-conditional: the pair that atomic operations are made of.

use super::access::{self, MachineBus};
use crate::{
    decode::{Instruction, Op},
    error::Fault,
    instructions::{Bus, Width, insert, select},
    memory::WORD_MASK,
    state::{LlStatus, Reservation, Thread},
};

/// `ll`, `lld`: loads, and reserves what it loaded for this thread. `step` is the step that is being made.
pub(super) fn load_linked(
    instruction: Instruction,
    thread: &mut Thread,
    bus: &mut MachineBus<'_>,
    step: u64,
) -> Result<(), Fault> {
    let address = operand(instruction, thread);
    let (width, status) = width(instruction.op);
    let value = select(address, bus.load(address & WORD_MASK)?, width, true);
    *bus.reservation = Reservation { status, address, owner: thread.id };
    bus.memory.set_reserved(Some(address));
    bus.stats.count_load_linked(thread.id, step);
    finish(instruction, thread, value);
    Ok(())
}

/// `sc`, `scd`: stores if this thread's reservation of just that still stands, and says whether it did. `step` is the
/// step that is being made.
pub(super) fn store_conditional(
    instruction: Instruction,
    thread: &mut Thread,
    bus: &mut MachineBus<'_>,
    step: u64,
) -> Result<(), Fault> {
    let address = operand(instruction, thread);
    let (width, status) = width(instruction.op);
    let stands = *bus.reservation == Reservation { status, address, owner: thread.id };
    if stands {
        access::clear(bus.memory, bus.reservation);
        let value = thread.cpu.get(instruction.rt);
        let word = bus.load(address & WORD_MASK)?;
        bus.memory.write_word(address & WORD_MASK, insert(address, word, width, value))?;
    }
    bus.stats.count_store_conditional(thread.id, step, stands);
    finish(instruction, thread, stands.into());
    Ok(())
}

/// The address that the instruction names.
fn operand(instruction: Instruction, thread: &Thread) -> u64 {
    thread.cpu.get(instruction.rs).wrapping_add(instruction.imm as i64 as u64)
}

fn finish(instruction: Instruction, thread: &mut Thread, value: u64) {
    thread.cpu.set(instruction.rd, value);
    thread.cpu.advance();
}

const fn width(op: Op) -> (Width, LlStatus) {
    match op {
        Op::Lld | Op::Scd => (Width::Double, LlStatus::Active64),
        _ => (Width::Word, LlStatus::Active32),
    }
}
