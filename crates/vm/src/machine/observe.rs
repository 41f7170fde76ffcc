//! What an exact step does, as it happens.

use crate::{
    memory::Memory,
    state::{Reservation, Thread},
};
use alloy_primitives::B256;
use tribunal_mips::{Cpu, Instruction};

/// Is told what one exact step does, in the order in which it does it. `()` ignores everything and costs nothing.
///
/// A step is one of three things:
///
/// - an instruction: [`begin`](Self::begin), [`fetch`](Self::fetch), the accesses to registers and memory,
///   [`retire`](Self::retire), and, if it is a system call that changes the running thread, [`switch`](Self::switch);
/// - a switch: [`begin`](Self::begin), [`switch`](Self::switch);
/// - nothing, once the program has exited: no call.
///
/// A step that fails ends early, without [`retire`](Self::retire). Bytes that a guest prints or sends as a hint are no
/// part of the state, so the loads of these are not reported.
pub trait Observer {
    /// A step begins, after `step` others since the start of the program.
    #[inline]
    fn begin(&mut self, step: u64) {
        let _ = step;
    }

    /// An instruction was fetched and is executed next. `cpu` holds the registers before it.
    #[inline]
    fn fetch(&mut self, cpu: &Cpu, instruction: Instruction) {
        let _ = (cpu, instruction);
    }

    /// The instruction reads a register: a general one by its number, [`HI`](tribunal_mips::HI) or
    /// [`LO`](tribunal_mips::LO).
    #[inline]
    fn read_register(&mut self, register: u8, value: u64) {
        let _ = (register, value);
    }

    /// The instruction has written a register, which held `old` before.
    #[inline]
    fn write_register(&mut self, register: u8, old: u64, new: u64) {
        let _ = (register, old, new);
    }

    /// The word at `address`, a multiple of 8, is loaded next.
    #[inline]
    fn load(&mut self, memory: &mut Memory, address: u64) {
        let _ = (memory, address);
    }

    /// The word at `address`, a multiple of 8, is replaced by `new` next. `memory` still holds the old one.
    #[inline]
    fn store(&mut self, memory: &mut Memory, address: u64, new: u64) {
        let _ = (memory, address, new);
    }

    /// A load-linked has made a reservation.
    #[inline]
    fn reserve(&mut self, reservation: &Reservation) {
        let _ = reservation;
    }

    /// The running thread tried to store to `address` with a store-conditional, and did or did not.
    #[inline]
    fn conditional(&mut self, thread: u64, address: u64, stored: bool) {
        let _ = (thread, address, stored);
    }

    /// A plain store to the reserved word has cleared the reservation. As in Cannon, a store to the word at address 0
    /// counts as one where nothing is reserved.
    #[inline]
    fn reservation_lost(&mut self, reservation: &Reservation) {
        let _ = reservation;
    }

    /// A system call begins, with its number and its first three arguments.
    #[inline]
    fn syscall(&mut self, number: u64, arguments: [u64; 3]) {
        let _ = (number, arguments);
    }

    /// A system call has read `length` bytes from `offset` on of a pre-image. `preimage` is all of it, behind its length
    /// as a big-endian word, which counts in the offset.
    #[inline]
    fn preimage(&mut self, key: &B256, preimage: &[u8], offset: u64, length: usize) {
        let _ = (key, preimage, offset, length);
    }

    /// The instruction is complete. `cpu` holds the registers after it.
    #[inline]
    fn retire(&mut self, cpu: &Cpu) {
        let _ = cpu;
    }

    /// The thread `from` has stopped running and `to` runs from now on. With one thread only, both are the same.
    #[inline]
    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        let _ = (reason, from, to);
    }
}

/// Why another thread runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// The thread has used up its quantum of steps.
    Preempted,
    /// The thread has yielded, slept, or waited for or woken others at a futex.
    Yielded,
    /// The thread has created another, which runs first.
    Cloned,
    /// The thread has exited and was dropped.
    Exited,
}

impl Observer for () {}

/// Two observers, the first of which may be missing.
pub(crate) struct Both<'a, A, B> {
    pub(crate) first: Option<&'a mut A>,
    pub(crate) second: &'a mut B,
}

/// Tells both.
macro_rules! both {
    ($self:ident, $method:ident($($argument:expr),*)) => {{
        if let Some(first) = &mut $self.first {
            first.$method($($argument),*);
        }
        $self.second.$method($($argument),*);
    }};
}

impl<A: Observer, B: Observer> Observer for Both<'_, A, B> {
    #[inline]
    fn begin(&mut self, step: u64) {
        both!(self, begin(step));
    }

    #[inline]
    fn fetch(&mut self, cpu: &Cpu, instruction: Instruction) {
        both!(self, fetch(cpu, instruction));
    }

    #[inline]
    fn read_register(&mut self, register: u8, value: u64) {
        both!(self, read_register(register, value));
    }

    #[inline]
    fn write_register(&mut self, register: u8, old: u64, new: u64) {
        both!(self, write_register(register, old, new));
    }

    #[inline]
    fn load(&mut self, memory: &mut Memory, address: u64) {
        both!(self, load(memory, address));
    }

    #[inline]
    fn store(&mut self, memory: &mut Memory, address: u64, new: u64) {
        both!(self, store(memory, address, new));
    }

    #[inline]
    fn reserve(&mut self, reservation: &Reservation) {
        both!(self, reserve(reservation));
    }

    #[inline]
    fn conditional(&mut self, thread: u64, address: u64, stored: bool) {
        both!(self, conditional(thread, address, stored));
    }

    #[inline]
    fn reservation_lost(&mut self, reservation: &Reservation) {
        both!(self, reservation_lost(reservation));
    }

    #[inline]
    fn syscall(&mut self, number: u64, arguments: [u64; 3]) {
        both!(self, syscall(number, arguments));
    }

    #[inline]
    fn preimage(&mut self, key: &B256, preimage: &[u8], offset: u64, length: usize) {
        both!(self, preimage(key, preimage, offset, length));
    }

    #[inline]
    fn retire(&mut self, cpu: &Cpu) {
        both!(self, retire(cpu));
    }

    #[inline]
    fn switch(&mut self, reason: Switch, from: &Thread, to: &Thread) {
        both!(self, switch(reason, from, to));
    }
}
