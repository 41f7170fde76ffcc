//! The registers of one thread.

use crate::{HI, LO};

/// The registers of a thread.
///
/// The layout is fixed, because compiled code reads and writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[repr(C)]
pub struct Cpu {
    /// The general registers. Number 0 always holds 0.
    pub registers: [u64; 32],
    /// The address of the next instruction.
    pub pc: u64,
    /// The address of the instruction after that: `pc + 4`, except in the delay slot of a branch.
    pub next_pc: u64,
    /// The LO register.
    pub lo: u64,
    /// The HI register.
    pub hi: u64,
}

impl Cpu {
    /// All registers zero, about to execute the instruction at `pc`.
    #[must_use]
    pub const fn at(pc: u64) -> Self {
        Self { registers: [0; 32], pc, next_pc: pc.wrapping_add(4), lo: 0, hi: 0 }
    }

    /// Moves on to the next instruction.
    #[inline]
    pub const fn advance(&mut self) {
        self.pc = self.next_pc;
        self.next_pc = self.next_pc.wrapping_add(4);
    }

    /// Whether the next instruction is in the delay slot of a branch that was taken.
    #[inline]
    #[must_use]
    pub const fn in_delay_slot(&self) -> bool {
        self.next_pc != self.pc.wrapping_add(4)
    }

    /// Sets a general register, unless it is number 0. Only the lower 5 bits of the number count.
    #[inline]
    pub const fn set(&mut self, register: u8, value: u64) {
        if register != 0 {
            self.registers[(register & 31) as usize] = value;
        }
    }

    /// The value of a general register. Only the lower 5 bits of the number count.
    #[inline]
    #[must_use]
    pub const fn get(&self, register: u8) -> u64 {
        self.registers[(register & 31) as usize]
    }

    /// The value of a register, numbered as in a [`RegisterSet`](crate::RegisterSet): a general one, [`HI`] or [`LO`].
    #[inline]
    #[must_use]
    pub const fn register(&self, register: u8) -> u64 {
        match register {
            HI => self.hi,
            LO => self.lo,
            general => self.get(general),
        }
    }
}
