//! The read-only view of memory that observers get.

use super::{Memory, MerkleProof, Page};
use alloy_primitives::B256;

/// A read-only view of memory.
///
/// [`MemoryView::merkle_root`] and [`MemoryView::merkle_proof`] take `&mut self`, because they update the cached
/// hashes.
#[derive(Debug)]
pub struct MemoryView<'a>(&'a mut Memory);

impl<'a> MemoryView<'a> {
    /// The view of `memory`.
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

    /// As [`Memory::defer_proof`], for the step prover.
    pub(crate) fn defer_proof(&mut self, address: u64) {
        self.0.defer_proof(address);
    }

    /// As [`Memory::cancel_deferred_proof`], for the step prover.
    pub(crate) fn cancel_deferred_proof(&mut self) {
        self.0.cancel_deferred_proof();
    }
}
