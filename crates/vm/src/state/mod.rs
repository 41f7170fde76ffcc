//! The state of the machine: what a witness commits to and a state file holds.
//!
//! See the OP specification, `fault-proof/cannon-fault-proof-vm.md`, "State".

mod file;
#[cfg(test)]
mod tests;
mod thread;
mod witness;

pub use file::{StateFileError, read_state, write_state};
pub use thread::{EMPTY_STACK_ROOT, THREAD_BYTES, Thread, push_root, stack_root};
pub use witness::{VmStatus, WITNESS_BYTES, Witness};

use crate::{StateVersion, memory::Memory};
use alloy_primitives::B256;
use tribunal_mips::{Cpu, Width};

/// What a load-linked reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum LlStatus {
    /// Nothing.
    #[default]
    None = 0,
    /// A 32-bit word.
    Active32 = 1,
    /// A 64-bit word.
    Active64 = 2,
}

impl LlStatus {
    /// The status of a reservation of that width. A load-linked is 4 or 8 bytes wide.
    #[must_use]
    pub const fn of(width: Width) -> Self {
        match width {
            Width::Double => Self::Active64,
            Width::Byte | Width::Half | Width::Word => Self::Active32,
        }
    }
}

/// The reservation that a load-linked makes and a store-conditional needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reservation {
    /// Whether there is one.
    pub status: LlStatus,
    /// The address that was given, low bits and all.
    pub address: u64,
    /// The thread that made it.
    pub owner: u64,
}

/// The state of the machine.
#[derive(Debug)]
pub struct State {
    /// The version of the machine that runs it.
    pub version: StateVersion,
    /// The guest's memory.
    pub memory: Memory,
    /// The key that the guest last wrote to the pre-image descriptor.
    pub preimage_key: B256,
    /// How far the guest has read that pre-image, its 8-byte length included.
    pub preimage_offset: u64,
    /// Where the next anonymous mapping goes.
    pub heap: u64,
    /// What a load-linked reserved.
    pub reservation: Reservation,
    /// What the guest exited with.
    pub exit_code: u8,
    /// Whether the guest exited. Further steps change nothing.
    pub exited: bool,
    /// Steps made since the start of the program.
    pub step: u64,
    /// Steps of the current thread since it got its turn.
    pub steps_since_switch: u64,
    /// Whether the right stack is the one being worked off.
    pub traverse_right: bool,
    /// The left stack of threads, bottom first.
    pub left: Vec<Thread>,
    /// The right stack of threads, bottom first.
    pub right: Vec<Thread>,
    /// The number that the next thread gets.
    pub next_thread_id: u64,
    /// Bytes of a hint that the guest has not finished writing. Not part of the witness.
    pub last_hint: Vec<u8>,
}

impl State {
    /// A program about to begin at `pc` in `memory`, in one thread, with its heap at `heap`.
    #[must_use]
    pub fn new(version: StateVersion, memory: Memory, pc: u64, heap: u64) -> Self {
        Self {
            version,
            memory,
            preimage_key: B256::ZERO,
            preimage_offset: 0,
            heap,
            reservation: Reservation::default(),
            exit_code: 0,
            exited: false,
            step: 0,
            steps_since_switch: 0,
            traverse_right: false,
            left: vec![Thread::new(0, Cpu::at(pc))],
            right: Vec::new(),
            next_thread_id: 1,
            last_hint: Vec::new(),
        }
    }

    /// The stack whose top thread runs.
    #[must_use]
    pub fn active_stack(&self) -> &[Thread] {
        if self.traverse_right { &self.right } else { &self.left }
    }

    pub(crate) fn active_stack_mut(&mut self) -> &mut Vec<Thread> {
        if self.traverse_right { &mut self.right } else { &mut self.left }
    }

    /// The thread that runs, unless the stack that is being worked off is empty, which no program can bring about but a
    /// made-up state can.
    #[must_use]
    pub fn current_thread(&self) -> Option<&Thread> {
        self.active_stack().last()
    }

    /// Threads that have not been dropped.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.left.len() + self.right.len()
    }
}
