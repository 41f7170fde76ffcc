//! Sets of registers, and which of them an instruction writes.

use crate::decode::{Instruction, Op};

/// The general registers, HI and LO.
pub(super) const COUNT: usize = 34;
/// The number of HI, behind the general registers.
pub(super) const HI: u8 = 32;
/// The number of LO.
pub(super) const LO: u8 = 33;

/// A set of registers. Register 0, which never changes, is in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct RegisterSet(u64);

impl RegisterSet {
    pub(super) const EMPTY: Self = Self(0);

    pub(super) const fn with(self, register: u8) -> Self {
        Self((self.0 | 1 << register) & !1)
    }

    pub(super) const fn contains(self, register: u8) -> bool {
        self.0 >> register & 1 != 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u8> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let register = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            (register < 64).then_some(register as u8)
        })
    }
}

/// The registers that the instruction may change.
pub(super) fn writes(instruction: Instruction) -> RegisterSet {
    let result = RegisterSet::EMPTY.with(instruction.rd);
    match instruction.op {
        Op::Mthi => result.with(HI),
        Op::Mtlo => result.with(LO),
        Op::Mult | Op::Multu | Op::Div | Op::Divu | Op::Dmult | Op::Dmultu | Op::Ddiv | Op::Ddivu => {
            result.with(HI).with(LO)
        }
        _ => result,
    }
}
