//! The witness: the 188 bytes that represent a state on chain, and their hash.

use super::{State, Thread, thread::THREAD_BYTES};
use alloy_primitives::{B256, keccak256};

/// Bytes of a witness.
pub const WITNESS_BYTES: usize = 188;
const EXIT_CODE_AT: usize = 97;
const EXITED_AT: usize = 98;

/// The status of a program, the first byte of a state's hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum VmStatus {
    /// It exited with 0: the claim is true.
    Valid = 0,
    /// It exited with 1: the claim is false.
    Invalid = 1,
    /// It exited with any other code.
    Panic = 2,
    /// It has not exited.
    Unfinished = 3,
}

impl VmStatus {
    /// The status of a program.
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

/// An encoded state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness(pub [u8; WITNESS_BYTES]);

impl Witness {
    /// The state's hash: keccak256 of the witness, its first byte replaced by the [`VmStatus`].
    #[must_use]
    pub fn hash(&self) -> B256 {
        let mut hash = keccak256(self.0);
        hash[0] = VmStatus::of(self.0[EXITED_AT] == 1, self.0[EXIT_CODE_AT]) as u8;
        hash
    }
}

impl State {
    /// The witness, 188 bytes: the memory's root, the pre-image key and offset, heap, reservation (status, address,
    /// owner), exit code, exited, steps, steps since the last switch, direction, roots of both stacks, next thread's
    /// number; all numbers big-endian.
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

    /// The part of a step proof that opens the active stack: the running thread, encoded, and the root of the stack below
    /// it. `None` if the stack is empty.
    #[must_use]
    pub fn thread_proof(&self) -> Option<[u8; THREAD_BYTES + 32]> {
        let (thread, below): (&Thread, &[Thread]) = self.active_stack().split_last()?;
        let mut proof = [0; THREAD_BYTES + 32];
        proof[..THREAD_BYTES].copy_from_slice(&thread.encode());
        proof[THREAD_BYTES..].copy_from_slice(&super::stack_root(below)[..]);
        Some(proof)
    }
}
