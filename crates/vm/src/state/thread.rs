//! A thread of the guest, and its encoding, which is used for hashes and in state files.

use alloy_primitives::{B256, b256, keccak256};
use tribunal_mips::Cpu;

/// A thread of the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its number, which no other thread has.
    pub id: u64,
    /// The exit code; 0 before it exits.
    pub exit_code: u8,
    /// Whether it has exited. The next step that would run it removes it from its stack. The last thread is never
    /// removed: the program exits with it.
    pub exited: bool,
    /// Its registers, including the program counter.
    pub cpu: Cpu,
}

/// The most threads that one stack in a state file may have, and the most with which a program may create another.
/// Threads that have exited count until they are removed. Real programs have a few dozen threads.
pub(crate) const MAX_THREADS: usize = 1 << 20;

/// The size of an encoded thread in bytes.
pub const THREAD_BYTES: usize = 8 + 1 + 1 + 4 * 8 + 32 * 8;

impl Thread {
    /// A thread that has not run yet.
    #[must_use]
    pub const fn new(id: u64, cpu: Cpu) -> Self {
        Self { id, exit_code: 0, exited: false, cpu }
    }

    /// The encoding, 298 bytes: number, exit code, whether it has exited, `pc`, `next_pc`, LO, HI, and the 32 general
    /// registers. All numbers are big-endian.
    #[must_use]
    pub fn encode(&self) -> [u8; THREAD_BYTES] {
        let mut out = [0; THREAD_BYTES];
        out[..8].copy_from_slice(&self.id.to_be_bytes());
        out[8] = self.exit_code;
        out[9] = self.exited.into();
        let cpu = &self.cpu;
        let words = [cpu.pc, cpu.next_pc, cpu.lo, cpu.hi].into_iter().chain(cpu.registers);
        for (place, word) in out[10..].chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        out
    }

    /// The inverse of [`Thread::encode`]. As in Cannon, the thread has exited if its exited byte is not 0.
    #[must_use]
    pub fn decode(bytes: &[u8; THREAD_BYTES]) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_be_bytes(word)
        };
        let mut registers = [0; 32];
        for (number, register) in registers.iter_mut().enumerate() {
            *register = word(42 + 8 * number);
        }
        Self {
            id: word(0),
            exit_code: bytes[8],
            exited: bytes[9] != 0,
            cpu: Cpu { registers, pc: word(10), next_pc: word(18), lo: word(26), hi: word(34) },
        }
    }
}

/// The root of an empty stack of threads: keccak256 of 64 zero bytes.
pub const EMPTY_STACK_ROOT: B256 = b256!("ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5");

/// The root of a stack of threads. `stack[0]` is the bottom thread. The hash of each thread is hashed with the root of
/// the stack below it.
#[must_use]
pub fn stack_root(stack: &[Thread]) -> B256 {
    stack.iter().fold(EMPTY_STACK_ROOT, |below, thread| push_root(&below, &thread.encode()))
}

/// The root of a stack after an encoded thread is pushed. `below` is the root of the stack before the push.
#[must_use]
pub fn push_root(below: &B256, thread: &[u8; THREAD_BYTES]) -> B256 {
    crate::memory::hash_pair(below, &keccak256(thread))
}
