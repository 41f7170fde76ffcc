//! Load-linked and store-conditional: the pair that atomic operations are made of.

use super::{Machine, access};
use crate::{
    decode::{Instruction, Op},
    error::Fault,
    instructions::{Width, insert, select},
    memory::WORD_MASK,
    state::{LlStatus, Reservation},
};

impl Machine {
    /// `ll`, `lld`: loads, and reserves what it loaded for this thread.
    pub(super) fn load_linked(&mut self, instruction: Instruction) -> Result<(), Fault> {
        let (address, owner) = self.operand(instruction)?;
        let (width, status) = width(instruction.op);
        let value = select(address, self.load(address)?, width, true);
        self.reserve(Reservation { status, address, owner });
        self.stats.count_load_linked(owner, self.state.step);
        self.finish(instruction.rd, value)
    }

    /// `sc`, `scd`: stores if this thread's reservation of just that still stands, and says whether it did.
    pub(super) fn store_conditional(&mut self, instruction: Instruction) -> Result<(), Fault> {
        let (address, owner) = self.operand(instruction)?;
        let (width, status) = width(instruction.op);
        let stands = self.state.reservation == Reservation { status, address, owner };
        if stands {
            access::clear(&mut self.state.memory, &mut self.state.reservation);
            let value = self.thread()?.cpu.get(instruction.rt);
            let word = self.load(address)?;
            self.state.memory.write_word(address & WORD_MASK, insert(address, word, width, value))?;
        }
        self.stats.count_store_conditional(owner, self.state.step, stands);
        self.finish(instruction.rd, stands.into())
    }

    /// The address that the instruction names, and the thread that executes it.
    fn operand(&mut self, instruction: Instruction) -> Result<(u64, u64), Fault> {
        let thread = self.thread()?;
        Ok((thread.cpu.get(instruction.rs).wrapping_add(instruction.imm as i64 as u64), thread.id))
    }

    fn finish(&mut self, register: u8, value: u64) -> Result<(), Fault> {
        let cpu = &mut self.thread()?.cpu;
        cpu.set(register, value);
        cpu.advance();
        Ok(())
    }
}

const fn width(op: Op) -> (Width, LlStatus) {
    match op {
        Op::Lld | Op::Scd => (Width::Double, LlStatus::Active64),
        _ => (Width::Word, LlStatus::Active32),
    }
}
