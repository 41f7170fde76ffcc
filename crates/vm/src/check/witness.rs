//! The state as the checker knows it: the fields of its 188-byte witness.

use super::CheckError;
use crate::state::{WITNESS_BYTES, Witness};
use alloy_primitives::B256;

/// A state with roots in place of its memory and its stacks of threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HashedState {
    pub(super) memory_root: B256,
    pub(super) preimage_key: B256,
    pub(super) preimage_offset: u64,
    pub(super) heap: u64,
    pub(super) reservation_status: u8,
    pub(super) reserved_address: u64,
    pub(super) reservation_owner: u64,
    pub(super) exit_code: u8,
    pub(super) exited: bool,
    pub(super) step: u64,
    pub(super) steps_since_switch: u64,
    pub(super) traverse_right: bool,
    pub(super) left_root: B256,
    pub(super) right_root: B256,
    pub(super) next_thread_id: u64,
}

/// The bytes of a witness that are not read yet.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        // A witness has exactly the bytes of its fields, so this never fails.
        if let Some((front, rest)) = self.0.split_at_checked(N) {
            out.copy_from_slice(front);
            self.0 = rest;
        }
        out
    }

    fn word(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }

    fn hash(&mut self) -> B256 {
        self.take().into()
    }

    fn flag(&mut self, field: &'static str) -> Result<bool, CheckError> {
        match self.take() {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(CheckError::Field { field, value: other.into() }),
        }
    }
}

impl HashedState {
    /// Reads a witness.
    ///
    /// # Errors
    /// [`CheckError::Field`].
    pub(super) fn decode(bytes: &[u8; WITNESS_BYTES]) -> Result<Self, CheckError> {
        let mut witness = Reader(bytes);
        Ok(Self {
            memory_root: witness.hash(),
            preimage_key: witness.hash(),
            preimage_offset: witness.word(),
            heap: witness.word(),
            reservation_status: match witness.take() {
                [status @ 0..=2] => status,
                [other] => {
                    return Err(CheckError::Field { field: "reservation status", value: other.into() });
                }
            },
            reserved_address: witness.word(),
            reservation_owner: witness.word(),
            exit_code: witness.take::<1>()[0],
            exited: witness.flag("exited flag")?,
            step: witness.word(),
            steps_since_switch: witness.word(),
            traverse_right: witness.flag("direction flag")?,
            left_root: witness.hash(),
            right_root: witness.hash(),
            next_thread_id: witness.word(),
        })
    }

    /// The hash of the state, which is the hash of its witness.
    pub(super) fn hash(&self) -> B256 {
        let parts: [&[u8]; 15] = [
            &self.memory_root[..],
            &self.preimage_key[..],
            &self.preimage_offset.to_be_bytes(),
            &self.heap.to_be_bytes(),
            &[self.reservation_status],
            &self.reserved_address.to_be_bytes(),
            &self.reservation_owner.to_be_bytes(),
            &[self.exit_code],
            &[self.exited.into()],
            &self.step.to_be_bytes(),
            &self.steps_since_switch.to_be_bytes(),
            &[self.traverse_right.into()],
            &self.left_root[..],
            &self.right_root[..],
            &self.next_thread_id.to_be_bytes(),
        ];
        let mut bytes = [0; WITNESS_BYTES];
        for (place, byte) in bytes.iter_mut().zip(parts.concat()) {
            *place = byte;
        }
        Witness(bytes).hash()
    }
}
