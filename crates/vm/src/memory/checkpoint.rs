//! Memory as it was at a checkpoint: copies of it, and Merkle proofs of its words.
//!
//! Taking a checkpoint copies no memory. It only begins a new interval of the dirty log, in which each page is copied
//! before the first store to it. The Merkle tree is never copied: for a proof, its nodes are set back to the checkpoint
//! and then to the present again.

use super::{
    Memory, MemoryError, PAGE_SHIFT, Page, WORDS_PER_PAGE, dirty::MemoryCheckpoint, merkle,
    merkle::MerkleProof,
};
use std::collections::BTreeMap;

/// Why memory as it was at a checkpoint cannot be reproduced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The given state does not belong to the machine that took the checkpoint.
    #[error(
        "the given state belongs to another virtual machine than the checkpoint: pass the present state of the \
         machine that took the checkpoint"
    )]
    Foreign,
    /// Memory could not be allocated for the copy.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// A proof that may be made later: the Merkle proof of a word, in the guest's memory as it was at a checkpoint.
pub(super) struct DeferredProof {
    checkpoint: MemoryCheckpoint,
    /// The address of the word to be proven.
    address: u64,
}

impl Memory {
    /// Takes a checkpoint. This changes page flags. It must not be called while compiled code runs, because compiled
    /// code relies on the flags that it has checked.
    pub(crate) fn checkpoint(&mut self) -> MemoryCheckpoint {
        self.cut_log();
        self.log.add_checkpoint()
    }

    /// The pages that were stored to since a checkpoint, by their index. Each page is returned as it was at the
    /// checkpoint, or as `None` if it was not allocated then.
    ///
    /// # Errors
    /// [`CheckpointError::Foreign`].
    pub(crate) fn changed_since(
        &self,
        checkpoint: &MemoryCheckpoint,
    ) -> Result<BTreeMap<u64, Option<&Page>>, CheckpointError> {
        self.log.changed_since(checkpoint).ok_or(CheckpointError::Foreign)
    }

    /// The size in bytes of all pages that are kept for checkpoints.
    pub(crate) fn checkpoint_bytes(&mut self) -> usize {
        self.log.copied_bytes()
    }

    /// A copy of memory as it was at a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub(crate) fn copy_at(&self, checkpoint: &MemoryCheckpoint) -> Result<Self, CheckpointError> {
        let changed = self.changed_since(checkpoint)?;
        let mut copy = Self::with_segment_limit(self.max_pages, self.max_mapped_segments)?;
        for &index in &self.allocated {
            if let Some(page) = self.page_before(&changed, index) {
                copy.add_page(index, page)?;
            }
        }
        Ok(copy)
    }

    /// Prepares for a proof of the word at `address` in memory as it is now. [`Memory::take_deferred_proof`] can make
    /// this *deferred* proof later. There is at most one: it replaces the previous one. As [`Memory::checkpoint`], this
    /// method must not be called while compiled code runs.
    pub(crate) fn defer_proof(&mut self, address: u64) {
        let checkpoint = self.checkpoint();
        self.deferred_proof = Some(DeferredProof { checkpoint, address });
    }

    /// Drops the deferred proof.
    pub(crate) fn cancel_deferred_proof(&mut self) {
        self.deferred_proof = None;
    }

    /// Makes the deferred proof: the Merkle proof of its word in memory as it was when [`Memory::defer_proof`] was
    /// called. `None` if no proof was deferred.
    pub(crate) fn take_deferred_proof(&mut self) -> Option<MerkleProof> {
        const ZEROS: &Page = &[0; WORDS_PER_PAGE];
        let DeferredProof { checkpoint, address } = self.deferred_proof.take()?;
        self.update_tree();
        let changed = self.log.changed_since(&checkpoint)?;
        let old_pages: Vec<_> = changed.iter().map(|(&index, page)| (index, page.unwrap_or(ZEROS))).collect();
        let new_roots: Vec<_> = changed.keys().map(|&index| (index, self.tree.page_root(index))).collect();
        // Set the tree back to the checkpoint, make the proof, and bring the tree back to the present.
        self.tree.update(&merkle::page_roots(&old_pages));
        let proof = self.tree.prove(address, self.page_before(&changed, address >> PAGE_SHIFT));
        self.tree.update(&new_roots);
        Some(proof)
    }

    /// The page with that index as it was at a checkpoint, if it was allocated then. `changed` is what
    /// [`Memory::changed_since`] returns for that checkpoint.
    fn page_before<'a>(&'a self, changed: &BTreeMap<u64, Option<&'a Page>>, index: u64) -> Option<&'a Page> {
        changed.get(&index).copied().unwrap_or_else(|| self.page(index))
    }
}
