//! A small assembler.

use anyhow::Context;
use tribunal_vm::{State, StateVersion, memory::Memory};

/// Where programs begin.
const START: u64 = 0x1_0000;
/// Where their data begins.
pub(super) const DATA: u32 = 0x10_0000;

/// The number of a register.
pub(super) type Register = u32;
pub(super) const ZERO: Register = 0;
const V0: Register = 2;
const A0: Register = 4;

/// The number of the system call that ends the program.
const EXIT_GROUP: u16 = 5205;

/// Operations with an opcode and an immediate.
pub(super) mod immediate {
    pub(in super::super) const DADDIU: u32 = 0o31;
    pub(in super::super) const SLTIU: u32 = 0o13;
    pub(in super::super) const LD: u32 = 0o67;
    pub(in super::super) const SD: u32 = 0o77;
    pub(super) const ORI: u32 = 0o15;
    pub(super) const LUI: u32 = 0o17;
    pub(super) const BEQ: u32 = 0o4;
    pub(super) const BNE: u32 = 0o5;
}

/// Operations on three registers.
pub(super) mod register {
    pub(in super::super) const MOVZ: u32 = 0o12;
    pub(in super::super) const XOR: u32 = 0o46;
    pub(in super::super) const AND: u32 = 0o44;
    pub(in super::super) const OR: u32 = 0o45;
    pub(in super::super) const NOR: u32 = 0o47;
    pub(in super::super) const SLTU: u32 = 0o53;
    pub(in super::super) const DADDU: u32 = 0o55;
    pub(in super::super) const DSUBU: u32 = 0o57;
    pub(super) const DSLL: u32 = 0o70;
    pub(super) const DSRL: u32 = 0o72;
}

/// When a branch is taken.
#[derive(Debug, Clone, Copy)]
pub(super) enum If {
    Equal,
    NotEqual,
}

/// A program under construction.
#[derive(Debug, Clone, Default)]
pub(super) struct Assembler {
    words: Vec<u32>,
}

impl Assembler {
    /// An operation of `rs` and an immediate, with its result in `rt`; or a load or store of `rt`, at `rs` plus the
    /// immediate.
    pub(super) fn immediate(&mut self, op: u32, rt: Register, rs: Register, value: i16) {
        self.words.push(op << 26 | rs << 21 | rt << 16 | u32::from(value as u16));
    }

    /// An operation of `rs` and `rt`, with its result in `rd`.
    pub(super) fn register(&mut self, op: u32, rd: Register, rs: Register, rt: Register) {
        self.words.push(rs << 21 | rt << 16 | rd << 11 | op);
    }

    pub(super) fn nop(&mut self) {
        self.words.push(0);
    }

    /// `rd` = `rt` shifted left by `by` bits, which is less than 64.
    pub(super) fn shift_left(&mut self, rd: Register, rt: Register, by: u32) {
        self.shift(register::DSLL, rd, rt, by);
    }

    /// The same to the right.
    pub(super) fn shift_right(&mut self, rd: Register, rt: Register, by: u32) {
        self.shift(register::DSRL, rd, rt, by);
    }

    fn shift(&mut self, op: u32, rd: Register, rt: Register, by: u32) {
        // From 32 on the operation is another one, four numbers later.
        self.words.push(rt << 16 | rd << 11 | (by & 31) << 6 | (op + (by >> 5) * 4));
    }

    /// Loads a constant below 2^31.
    pub(super) fn load(&mut self, rd: Register, value: u32) {
        self.immediate(immediate::LUI, rd, ZERO, (value >> 16) as i16);
        self.immediate(immediate::ORI, rd, rd, value as i16);
    }

    /// The place of the next instruction.
    pub(super) fn here(&self) -> usize {
        self.words.len()
    }

    /// A branch back to `target`. The next instruction is its delay slot.
    pub(super) fn back(&mut self, when: If, rs: Register, rt: Register, target: usize) {
        let branch = self.forward(when, rs, rt);
        self.set(branch, target);
    }

    /// A branch to a place that [`Self::land`] says. The next instruction is its delay slot.
    pub(super) fn forward(&mut self, when: If, rs: Register, rt: Register) -> usize {
        let op = match when {
            If::Equal => immediate::BEQ,
            If::NotEqual => immediate::BNE,
        };
        self.immediate(op, rt, rs, 0);
        self.words.len() - 1
    }

    /// The branch goes to the next instruction.
    pub(super) fn land(&mut self, branch: usize) {
        self.set(branch, self.words.len());
    }

    fn set(&mut self, branch: usize, target: usize) {
        let offset = target as isize - (branch as isize + 1);
        self.words[branch] |= u32::from(offset as i16 as u16);
    }

    /// Ends the program.
    pub(super) fn exit(&mut self, code: i16) {
        self.immediate(immediate::DADDIU, A0, ZERO, code);
        self.immediate(immediate::ORI, V0, ZERO, EXIT_GROUP as i16);
        self.words.push(0o14);
    }

    /// The state that the program starts in, with these words from [`DATA`] on.
    pub(super) fn state(self, data: &[u64]) -> anyhow::Result<State> {
        let mut memory = Memory::new(1 << 12).context("no memory for a program")?;
        let code: Vec<u8> = self.words.iter().flat_map(|word| word.to_be_bytes()).collect();
        memory.write_bytes(START, &code)?;
        let data: Vec<u8> = data.iter().flat_map(|word| word.to_be_bytes()).collect();
        memory.write_bytes(DATA.into(), &data)?;
        Ok(State::new(StateVersion::MultiThreaded64V5, memory, START, 0x1000_0000_0000))
    }
}
