//! Instructions as the tables take them.
//!
//! The tables know fewer operations than the manual, because several become one here:
//!
//! - the word 0 is [`Operation::Nop`];
//! - what copies a register is [`Operation::Move`], with the source in `rs` and the destination in `rd`;
//! - a destination that is register 0 is the register [`SINK`], which no instruction reads. Register 0 is then a cell that
//!   holds 0 and that no instruction writes.

use crate::stark::Val;
use p3_field::PrimeCharacteristicRing;
#[cfg(feature = "record")]
use tribunal_mips::Cpu;
use tribunal_mips::{Destination, Family, HI, Instruction, Jump, LO, Op};

/// The register in place of register 0 as a destination.
///
/// It is no part of the state: a segment begins with 0 there, and ends with any value.
pub(crate) const SINK: u8 = 36;

/// What a row of a table does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Nothing but to advance the program counter.
    Nop,
    /// Copies `rs` to `rd`.
    Move,
    /// As in the manual.
    Op(Op),
}

/// An instruction as the tables take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) operation: Operation,
    pub(crate) rd: u8,
    pub(crate) rs: u8,
    pub(crate) rt: u8,
    /// As in [`Instruction::imm`].
    pub(crate) immediate: i32,
}

impl Operation {
    /// Its number on the bus `prog`.
    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::Nop => 254,
            Self::Move => 253,
            Self::Op(op) => op as u8,
        }
    }
}

/// Which registers an instruction accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RegisterUses {
    pub(crate) rs: bool,
    pub(crate) rt: bool,
    /// Whether it writes the register `rd`.
    pub(crate) rd: bool,
    /// Whether it writes HI and LO.
    pub(crate) hi_lo: bool,
}

impl Decoded {
    /// Which registers it accesses.
    pub(crate) fn uses(&self) -> RegisterUses {
        let Operation::Op(op) = self.operation else {
            let moves = self.operation == Operation::Move;
            return RegisterUses { rs: moves, rt: false, rd: moves, hi_lo: false };
        };
        let operands = op.operands();
        let hi_lo = operands.writes.contains(HI);
        let rd = operands.destination != Destination::None && !hi_lo;
        RegisterUses { rs: operands.rs, rt: operands.rt, rd, hi_lo }
    }

    /// The address of an access to memory.
    #[cfg(feature = "record")]
    pub(crate) const fn address(&self, cpu: &Cpu) -> u64 {
        cpu.register(self.rs).wrapping_add_signed(self.immediate as i64)
    }

    /// Decodes a word of the program. `None` if no table has the instruction: then its execution cannot be proven.
    pub(crate) fn decode(word: u32) -> Option<Self> {
        let instruction = Instruction::decode(word);
        let Instruction { op, rs, rt, rd, imm } = instruction;
        if word == 0 {
            return Some(Self { operation: Operation::Nop, rd: 0, rs: 0, rt: 0, immediate: 0 });
        }
        let sink = |register: u8| if register == 0 { SINK } else { register };
        let copy =
            |from, to| Some(Self { operation: Operation::Move, rd: sink(to), rs: from, rt: 0, immediate: 0 });
        match op {
            Op::Invalid | Op::BranchNever => None,
            Op::Mfhi => copy(HI, rd),
            Op::Mflo => copy(LO, rd),
            Op::Sync => copy(rs, rd),
            // These also write 0 to `rd`, which is 0 in any real program.
            Op::Mthi
            | Op::Mtlo
            | Op::Mult
            | Op::Multu
            | Op::Dmult
            | Op::Dmultu
            | Op::Div
            | Op::Divu
            | Op::Ddiv
            | Op::Ddivu
                if rd != 0 =>
            {
                None
            }
            Op::Mthi => copy(rs, HI),
            Op::Mtlo => copy(rs, LO),
            Op::Or | Op::Daddu if rt == 0 => copy(rs, rd),
            Op::Or | Op::Daddu if rs == 0 => copy(rt, rd),
            _ => {
                let rd = match op.operands().destination {
                    Destination::None => 0,
                    Destination::Rd | Destination::Rt | Destination::Link => sink(rd),
                };
                Some(Self { operation: Operation::Op(op), rd, rs, rt, immediate: imm })
            }
        }
    }

    /// The immediate on the bus `prog`, of the instruction at `pc` in words from the start of the code window.
    pub(crate) fn message(&self, pc: u32) -> [Val; 3] {
        let Operation::Op(op) = self.operation else { return [Val::ZERO; 3] };
        match op.family() {
            Family::Branch(_) => {
                let target = Val::from_u32(pc) + Val::ONE + Val::from_i32(self.immediate >> 2);
                [target, Val::ZERO, Val::ZERO]
            }
            Family::Jump(Jump::Region) => {
                let target = (pc + 1) & !0x3ff_ffff | self.immediate as u32 >> 2;
                [Val::from_u32(target), Val::ZERO, Val::ZERO]
            }
            _ => {
                let word = self.immediate;
                [Val::from_u16(word as u16), Val::from_u16((word >> 16) as u16), Val::from_bool(word < 0)]
            }
        }
    }
}
