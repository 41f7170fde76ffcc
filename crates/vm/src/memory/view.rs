//! Memory as an observer sees it: read-only.

use super::{Memory, MerkleProof, Page};
use alloy_primitives::B256;

/// Read-only memory.
///
/// Roots and proofs need `&mut self`, because they hash the pages that have changed and keep the hashes.
#[derive(Debug)]
pub struct MemoryView<'a>(&'a mut Memory);

impl<'a> MemoryView<'a> {
    /// A view of a memory.
    pub const fn of(memory: &'a mut Memory) -> Self {
        Self(memory)
    }

    /// As [`Memory::read_word`].
    #[inline]
    #[must_use]
    pub fn read_word(&self, address: u64) -> u64 {
        self.0.read_word(address)
    }

    /// As [`Memory::read_instruction`].
    #[inline]
    #[must_use]
    pub fn read_instruction(&self, pc: u64) -> u32 {
        self.0.read_instruction(pc)
    }

    /// As [`Memory::read_bytes`].
    pub fn read_bytes(&self, address: u64, out: &mut [u8]) {
        self.0.read_bytes(address, out);
    }

    /// As [`Memory::page`].
    #[must_use]
    pub fn page(&self, index: u64) -> Option<&Page> {
        self.0.page(index)
    }

    /// As [`Memory::merkle_root`].
    pub fn merkle_root(&mut self) -> B256 {
        self.0.merkle_root()
    }

    /// As [`Memory::merkle_proof`].
    pub fn merkle_proof(&mut self, address: u64) -> MerkleProof {
        self.0.merkle_proof(address)
    }

    /// As [`Memory::remember`], for the step prover.
    pub(crate) fn remember(&mut self, address: u64) {
        self.0.remember(address);
    }

    /// As [`Memory::forget`], for the step prover.
    pub(crate) fn forget(&mut self) {
        self.0.forget();
    }
}
