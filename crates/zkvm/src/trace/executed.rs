//! An instruction that was executed, and its accesses to registers.

use crate::{
    bus::{self, MemoryCell, Read, ReadBytes, Replaced, Slot, Write},
    decode::{Decoded, Operation},
    stark::Val,
    word::word,
};
use core::convert::Infallible;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::{Bus, Cpu, Instruction, Op, Outcome, Width, operate};

/// An instruction that was executed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Executed {
    /// When it began: [`bus::SLOTS`] times the number of the step in the segment.
    pub(crate) time: u32,
    /// Its address, in words of 4 bytes from the start of the code window.
    pub(crate) pc: u32,
    /// The address of the instruction after it, in the same unit.
    pub(crate) next_pc: u32,
    /// The address of the one after that.
    pub(crate) target: u32,
    /// What it is.
    pub(crate) decoded: Decoded,
    /// The source registers. One that it does not read has the value 0.
    pub(crate) rs: Operand,
    pub(crate) rt: Operand,
    /// The destination register.
    pub(crate) rd: Written,
    /// HI and LO, if it writes them.
    pub(crate) hi: Written,
    pub(crate) lo: Written,
    /// The word of memory, if it accesses one.
    pub(crate) memory: MemoryAccess,
    /// The cells of the reservation, if it makes or uses one.
    pub(crate) linked: LinkedAccess,
}

/// A register that was read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Operand {
    pub(crate) register: u8,
    pub(crate) value: u64,
    /// The time of the access before this one.
    pub(crate) before: u32,
}

/// A register that was written.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Written {
    pub(crate) register: u8,
    pub(crate) old: u64,
    pub(crate) new: u64,
    /// The time of the access before this one.
    pub(crate) before: u32,
}

/// A word of memory that was loaded or stored.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MemoryAccess {
    pub(crate) old: u64,
    pub(crate) new: u64,
    /// The time of the access before this one.
    pub(crate) before: u32,
    /// The time of the last store before this access.
    pub(crate) stored: u32,
}

/// The cells that an instruction accesses which makes or uses a reservation. They have no number as registers have.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LinkedAccess {
    pub(crate) status: Written,
    pub(crate) address: Written,
    pub(crate) owner: Written,
    /// When the reservation was made.
    pub(crate) time: Written,
    /// The running thread.
    pub(crate) thread: Written,
}

impl Executed {
    /// 1 if this is its operation.
    pub(crate) fn is(&self, op: Op) -> Val {
        Val::from_bool(self.decoded.operation == Operation::Op(op))
    }

    /// Whether its operation is one of these.
    pub(crate) fn is_one_of(&self, ops: &[Op]) -> bool {
        matches!(self.decoded.operation, Operation::Op(op) if ops.contains(&op))
    }

    /// Where it goes if it is a branch that is taken.
    pub(crate) fn branch_target(&self) -> Val {
        Val::from_u32(self.pc + 1) + Val::from_i32(self.decoded.immediate >> 2)
    }

    /// The address after the delay slot: its lowest limb divided by 4, and the next limb.
    pub(crate) fn return_address(&self) -> [Val; 2] {
        let after = self.pc + 2;
        [after & 0x3fff, after >> 14].map(Val::from_u32)
    }

    /// The step's cells.
    pub(crate) fn step(&self) -> bus::Step<Val> {
        bus::Step {
            time: Val::from_u32(self.time),
            pc: Val::from_u32(self.pc),
            next_pc: Val::from_u32(self.next_pc),
        }
    }

    /// When it accesses a register in this slot.
    pub(crate) const fn time_of(&self, slot: Slot) -> u32 {
        self.time + slot as u32
    }
}

impl Operand {
    /// The cells of the access.
    pub(crate) fn read(&self) -> Read<Val> {
        Read {
            register: Val::from_u8(self.register),
            value: word(self.value),
            before: Val::from_u32(self.before),
        }
    }

    /// The cells of the access, byte by byte.
    pub(crate) fn read_bytes(&self) -> ReadBytes<Val> {
        ReadBytes {
            register: Val::from_u8(self.register),
            bytes: self.value.to_le_bytes().map(Val::from_u8),
            before: Val::from_u32(self.before),
        }
    }
}

impl Written {
    /// The cells of the access.
    pub(crate) fn write(&self) -> Write<Val> {
        Write {
            register: Val::from_u8(self.register),
            old: word(self.old),
            before: Val::from_u32(self.before),
        }
    }

    /// The cells of the access, without the register.
    pub(crate) fn replaced(&self) -> Replaced<Val> {
        Replaced { old: word(self.old), before: Val::from_u32(self.before) }
    }
}

/// A memory in which each word is this one.
struct EachWord(u64);

impl Bus for EachWord {
    type Error = Infallible;

    fn load(&mut self, _: u64) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn store(&mut self, _: u64, _: u64) -> Result<(), Infallible> {
        Ok(())
    }

    fn load_linked(&mut self, _: u64, _: Width) -> Result<u64, Infallible> {
        Ok(self.0)
    }

    fn store_conditional(&mut self, _: u64, _: Width, _: u64) -> Result<bool, Infallible> {
        Ok(false)
    }
}

/// The result of an instruction whose destination is register 0. `memory` is the word that it loads.
pub(crate) fn discarded(word: u32, cpu: &Cpu, memory: u64) -> u64 {
    match operate(Instruction::decode(word), &mut cpu.clone(), &mut EachWord(memory)) {
        Ok(Outcome::Result(value)) => value,
        Ok(Outcome::Jump) => cpu.pc.wrapping_add(8),
        Err(_) => 0,
    }
}

impl MemoryAccess {
    /// The cells of the access.
    pub(crate) fn cell(&self) -> MemoryCell<Val> {
        MemoryCell {
            old: word(self.old),
            before: Val::from_u32(self.before),
            stored: Val::from_u32(self.stored),
        }
    }
}
