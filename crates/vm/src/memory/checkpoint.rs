//! Memory as it was at a checkpoint: copies of it, and Merkle proofs of its words.
//!
//! A checkpoint costs a cut of the dirty log, and later the copy of each page at the first store to it. Neither the
//! segments nor the Merkle tree are copied.

use super::{
    Memory, MemoryError, PAGE_SHIFT, Page, WORDS_PER_PAGE, dirty::MemoryCheckpoint, merkle,
    merkle::MerkleProof,
};
use std::collections::BTreeMap;

/// Why memory as it was at a checkpoint cannot be reproduced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The checkpoint was taken by another machine.
    #[error("the checkpoint is of another machine: resume it with the state of the machine that took it")]
    Foreign,
    /// The system has no memory for the copy.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// A checkpoint for the proof of one word.
pub(super) struct Remembered {
    checkpoint: MemoryCheckpoint,
    address: u64,
}

impl Memory {
    /// Takes a checkpoint. Compiled code must not run: it relies on the flags that are changed.
    pub(crate) fn checkpoint(&mut self) -> MemoryCheckpoint {
        self.cut();
        self.log.checkpoint()
    }

    /// The pages that were stored to since a checkpoint, as they were then; `None` for those that did not exist.
    ///
    /// # Errors
    /// [`CheckpointError::Foreign`].
    pub(crate) fn changed(
        &self,
        checkpoint: &MemoryCheckpoint,
    ) -> Result<BTreeMap<u64, Option<&Page>>, CheckpointError> {
        self.log.since(checkpoint).ok_or(CheckpointError::Foreign)
    }

    /// The bytes of the pages that are kept for checkpoints.
    pub(crate) fn checkpoint_bytes(&mut self) -> usize {
        self.log.kept_bytes()
    }

    /// A copy of memory as it was at a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub(crate) fn at(&self, checkpoint: &MemoryCheckpoint) -> Result<Self, CheckpointError> {
        let changed = self.changed(checkpoint)?;
        let mut copy = Self::with_segments(self.most_pages, self.most_segments)?;
        for &index in &self.present {
            let page = match changed.get(&index) {
                Some(before) => *before,
                None => self.page(index),
            };
            if let Some(page) = page {
                copy.add_page(index, page)?;
            }
        }
        Ok(copy)
    }

    /// Takes a checkpoint for a proof of the word at `address`. It replaces the previous one.
    pub(crate) fn remember(&mut self, address: u64) {
        let checkpoint = self.checkpoint();
        self.remembered = Some(Remembered { checkpoint, address });
    }

    /// Drops the checkpoint that was taken for a proof.
    pub(crate) fn forget(&mut self) {
        self.remembered = None;
    }

    /// The Merkle proof of the checkpoint's word, in memory as it was at the checkpoint. Drops the checkpoint; `None`
    /// if there is none.
    pub(crate) fn remembered_proof(&mut self) -> Option<MerkleProof> {
        const ZEROS: &Page = &[0; WORDS_PER_PAGE];
        let Remembered { checkpoint, address } = self.remembered.take()?;
        self.update_tree();
        let changed = self.log.since(&checkpoint)?;
        let then: Vec<_> = changed.iter().map(|(&index, page)| (index, page.unwrap_or(ZEROS))).collect();
        let now: Vec<_> = changed.keys().map(|&index| (index, self.tree.page_root(index))).collect();
        self.tree.update(&merkle::page_roots(&then));
        let index = address >> PAGE_SHIFT;
        let proof =
            self.tree.prove(address, changed.get(&index).copied().unwrap_or_else(|| self.page(index)));
        self.tree.update(&now);
        Some(proof)
    }
}
