//! The state of the machine: its memory, its threads and its other fields. A state file contains all of it. A witness
//! commits to all but the version and an unfinished hint.
//!
//! See the [specification](https://specs.optimism.io/fault-proof/cannon-fault-proof-vm.html#fpvm-state).

mod file;
#[cfg(test)]
mod tests;
mod thread;
mod witness;

pub use file::{StateFileError, read_state, write_state};
pub(crate) use thread::MAX_THREADS;
pub use thread::{EMPTY_STACK_ROOT, THREAD_BYTES, Thread, push_root, stack_root};
pub use witness::{VmStatus, WITNESS_BYTES, Witness};

use crate::{StateVersion, memory::Memory};
use alloy_primitives::B256;
use std::sync::Arc;
use tribunal_mips::{Cpu, Width};

/// Whether an address is reserved, and for which width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum LlStatus {
    /// Nothing is reserved.
    #[default]
    None = 0,
    /// The 4 bytes of an `ll` are reserved.
    Active32 = 1,
    /// The 8 bytes of an `lld` are reserved.
    Active64 = 2,
}

impl LlStatus {
    /// The status after a load-linked of that width, which is 4 or 8 bytes.
    #[must_use]
    pub const fn of(width: Width) -> Self {
        match width {
            Width::Double => Self::Active64,
            Width::Byte | Width::Half | Width::Word => Self::Active32,
        }
    }
}

/// The reservation of an address. A load-linked makes it; a store-conditional stores only if it still exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reservation {
    /// Whether an address is reserved, and for which width.
    pub status: LlStatus,
    /// The address of the load-linked, not rounded to a word.
    pub address: u64,
    /// The number of the thread that executed the load-linked.
    pub owner: u64,
}

/// The state of the machine. `M` is the type of its memory, or `()` for the state of a checkpoint, whose memory is kept
/// elsewhere.
///
/// A machine gives out its state for reading only, because compiled code relies on what it contains: for example, that
/// register 0 is 0.
#[derive(Debug)]
pub struct State<M = Memory> {
    /// The version of the machine that runs this state.
    pub(crate) version: StateVersion,
    /// The guest's memory.
    pub(crate) memory: M,
    /// The last 32 bytes that the guest wrote to the pre-image descriptor: the key, once all of it is written.
    pub(crate) preimage_key: B256,
    /// How many bytes of that pre-image the guest has read, counting its 8-byte length.
    pub(crate) preimage_offset: u64,
    /// The address of the next anonymous mapping.
    pub(crate) heap: u64,
    pub(crate) reservation: Reservation,
    /// The exit code; 0 before the guest exits.
    pub(crate) exit_code: u8,
    /// Whether the guest has exited. Further steps change nothing.
    pub(crate) exited: bool,
    /// The number of steps since the start of the program.
    pub(crate) step: u64,
    /// The number of instructions executed since the last thread switch.
    pub(crate) steps_since_switch: u64,
    /// Whether the right stack is the active one, whose top thread runs.
    pub(crate) traverse_right: bool,
    /// The left stack of threads, bottom first.
    pub(crate) left: Vec<Thread>,
    /// The right stack of threads, bottom first.
    pub(crate) right: Vec<Thread>,
    /// The number that the next new thread gets.
    pub(crate) next_thread_id: u64,
    /// The bytes of a hint that the guest has not written completely yet. They are not part of the witness. Checkpoints
    /// share them.
    pub(crate) unfinished_hint: Arc<Vec<u8>>,
}

/// The running thread, and the other parts of a state that its instructions use. The last two are for system calls on
/// the fast path.
pub(crate) struct Running<'a> {
    pub(crate) thread: &'a mut Thread,
    pub(crate) memory: &'a mut Memory,
    pub(crate) reservation: &'a mut Reservation,
    pub(crate) preimage_key: &'a mut B256,
    pub(crate) preimage_offset: &'a mut u64,
}

impl State {
    /// The initial state of a program in `memory`: one thread, which starts at `pc`. Anonymous mappings begin at
    /// `heap`.
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
            unfinished_hint: Arc::default(),
        }
    }

    /// The guest's memory.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The running thread, and the parts of the state that it uses. `None` if the active stack is empty.
    pub(crate) fn running(&mut self) -> Option<Running<'_>> {
        let stack = if self.traverse_right { &mut self.right } else { &mut self.left };
        Some(Running {
            thread: stack.last_mut()?,
            memory: &mut self.memory,
            reservation: &mut self.reservation,
            preimage_key: &mut self.preimage_key,
            preimage_offset: &mut self.preimage_offset,
        })
    }
}

impl<M> State<M> {
    /// The version of the machine that runs the state.
    #[must_use]
    pub const fn version(&self) -> StateVersion {
        self.version
    }

    /// The reservation that a load-linked has made.
    #[must_use]
    pub const fn reservation(&self) -> &Reservation {
        &self.reservation
    }

    /// The last 32 bytes that the guest wrote to the pre-image descriptor: the key, once all of it is written. And how
    /// many bytes of its pre-image the guest has read, counting the 8 bytes of the length.
    #[must_use]
    pub const fn preimage_cursor(&self) -> (&B256, u64) {
        (&self.preimage_key, self.preimage_offset)
    }

    /// The address of the next anonymous mapping.
    #[must_use]
    pub const fn heap(&self) -> u64 {
        self.heap
    }

    /// Whether the guest has exited. Further steps change nothing.
    #[must_use]
    pub const fn exited(&self) -> bool {
        self.exited
    }

    /// The exit code; 0 before the guest exits.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// The number of steps since the start of the program.
    #[must_use]
    pub const fn step(&self) -> u64 {
        self.step
    }

    /// The number of instructions executed since the last thread switch.
    #[must_use]
    pub const fn steps_since_switch(&self) -> u64 {
        self.steps_since_switch
    }

    /// The number that the next new thread gets.
    #[must_use]
    pub const fn next_thread_id(&self) -> u64 {
        self.next_thread_id
    }

    /// Whether the right stack is the active one, whose top thread runs.
    #[must_use]
    pub const fn traverse_right(&self) -> bool {
        self.traverse_right
    }

    /// The stack whose top thread runs. The bottom thread comes first.
    #[must_use]
    pub fn active_stack(&self) -> &[Thread] {
        if self.traverse_right { &self.right } else { &self.left }
    }

    /// The stack to which the running thread moves when it is preempted or yields. The bottom thread comes first.
    #[must_use]
    pub fn waiting_stack(&self) -> &[Thread] {
        if self.traverse_right { &self.left } else { &self.right }
    }

    pub(crate) fn active_stack_mut(&mut self) -> &mut Vec<Thread> {
        if self.traverse_right { &mut self.right } else { &mut self.left }
    }

    /// The running thread; `None` if the active stack is empty. No program reaches such a state.
    #[must_use]
    pub fn current_thread(&self) -> Option<&Thread> {
        self.active_stack().last()
    }

    /// The registers of the running thread, so that they can be set before a machine runs the state. `None` if the
    /// active stack is empty.
    pub fn current_cpu_mut(&mut self) -> Option<&mut Cpu> {
        self.active_stack_mut().last_mut().map(|thread| &mut thread.cpu)
    }

    /// The number of threads, including those that have exited but are not removed yet.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.left.len() + self.right.len()
    }

    /// The same state with other memory.
    pub(crate) fn with_memory<N>(&self, memory: N) -> State<N> {
        State {
            version: self.version,
            memory,
            preimage_key: self.preimage_key,
            preimage_offset: self.preimage_offset,
            heap: self.heap,
            reservation: self.reservation,
            exit_code: self.exit_code,
            exited: self.exited,
            step: self.step,
            steps_since_switch: self.steps_since_switch,
            traverse_right: self.traverse_right,
            left: self.left.clone(),
            right: self.right.clone(),
            next_thread_id: self.next_thread_id,
            unfinished_hint: self.unfinished_hint.clone(),
        }
    }
}
