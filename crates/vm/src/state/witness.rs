//! The witness: the 188 bytes that represent a state on chain, and their hash.

use super::{State, Thread, thread::THREAD_BYTES};
use alloy_primitives::{B256, keccak256};

/// The size of a witness in bytes.
pub const WITNESS_BYTES: usize = 188;
const EXIT_CODE_OFFSET: usize = 97;
const EXITED_OFFSET: usize = 98;

/// The status of a program. It is the first byte of a state's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum VmStatus {
    /// The program exited with 0: the claim that it checks is true.
    Valid = 0,
    /// The program exited with 1: the claim is false.
    Invalid = 1,
    /// The program exited with any other code.
    Panic = 2,
    /// The program has not exited.
    Unfinished = 3,
}

impl VmStatus {
    /// The status that follows from the exit code. The exit code counts only if the program has exited.
    #[must_use]
    pub const fn of(exited: bool, exit_code: u8) -> Self {
        match (exited, exit_code) {
            (false, _) => Self::Unfinished,
            (true, 0) => Self::Valid,
            (true, 1) => Self::Invalid,
            (true, _) => Self::Panic,
        }
    }
}

/// An encoded state, with roots in place of its memory and its stacks of threads. [`State::witness`] lists the fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness(pub [u8; WITNESS_BYTES]);

impl Witness {
    /// The state's hash: the keccak256 of the witness, with the first byte replaced by the [`VmStatus`].
    #[must_use]
    pub fn hash(&self) -> B256 {
        let mut hash = keccak256(self.0);
        hash[0] = VmStatus::of(self.0[EXITED_OFFSET] == 1, self.0[EXIT_CODE_OFFSET]) as u8;
        hash
    }
}

impl State {
    /// The witness, 188 bytes: the root of memory; the pre-image key and offset; the heap; the reservation's status,
    /// address and owner; the exit code, and whether the program has exited; the steps, and the steps since the last
    /// thread switch; whether the right stack is active; the roots of the left and the right stack; the next thread's
    /// number. All numbers are big-endian.
    pub fn witness(&mut self) -> Witness {
        let mut out = Vec::with_capacity(WITNESS_BYTES);
        out.extend_from_slice(&self.memory.merkle_root()[..]);
        out.extend_from_slice(&self.preimage_key[..]);
        out.extend_from_slice(&self.preimage_offset.to_be_bytes());
        out.extend_from_slice(&self.heap.to_be_bytes());
        out.push(self.reservation.status as u8);
        out.extend_from_slice(&self.reservation.address.to_be_bytes());
        out.extend_from_slice(&self.reservation.owner.to_be_bytes());
        out.push(self.exit_code);
        out.push(self.exited.into());
        out.extend_from_slice(&self.step.to_be_bytes());
        out.extend_from_slice(&self.steps_since_switch.to_be_bytes());
        out.push(self.traverse_right.into());
        out.extend_from_slice(&super::stack_root(&self.left)[..]);
        out.extend_from_slice(&super::stack_root(&self.right)[..]);
        out.extend_from_slice(&self.next_thread_id.to_be_bytes());
        let mut witness = [0; WITNESS_BYTES];
        witness.copy_from_slice(&out);
        Witness(witness)
    }

    /// The part of a step proof that proves the running thread: the encoded thread, and the root of the stack below it.
    /// The root of the active stack follows from these. `None` if the active stack is empty.
    #[must_use]
    pub fn thread_proof(&self) -> Option<[u8; THREAD_BYTES + 32]> {
        let (thread, below): (&Thread, &[Thread]) = self.active_stack().split_last()?;
        let mut proof = [0; THREAD_BYTES + 32];
        proof[..THREAD_BYTES].copy_from_slice(&thread.encode());
        proof[THREAD_BYTES..].copy_from_slice(&super::stack_root(below)[..]);
        Some(proof)
    }
}
