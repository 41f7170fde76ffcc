//! The L1 blocks that can be the L1 origin of the next L2 blocks, and the empty batches of an epoch without batches.

use alloc::collections::VecDeque;

use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::SingularBatch};

use super::misplaced;
use crate::error::DeriveError;

/// Consecutive L1 blocks from the epoch of the safe head (or the one after it) to the one that derivation is at.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    current: BlockInfo,
    window: VecDeque<BlockInfo>,
}

impl Origins {
    /// Starts at the L1 block `start`.
    pub(crate) fn new(start: BlockInfo) -> Self {
        Self { current: start, window: [start].into() }
    }

    /// Adds the L1 block `current` that derivation is at, and drops those before the epoch of `parent`.
    pub(crate) fn update(&mut self, current: BlockInfo, parent: &L2BlockInfo) {
        if self.current != current {
            self.current = current;
            if current.number < parent.l1_origin.number {
                // No L2 block after the safe head has an L1 origin before the safe head's.
                self.window.clear();
            } else {
                self.window.push_back(current);
            }
        }
        if let Some(passed) = self.index(parent.l1_origin.number) {
            self.window.drain(..passed);
        }
    }

    /// The L1 block that derivation is at.
    pub(crate) fn current(&self) -> &BlockInfo {
        &self.current
    }

    /// The epoch of the safe head, or the next one if the epoch is complete.
    pub(crate) fn first(&self) -> Option<&BlockInfo> {
        self.window.front()
    }

    /// The L1 block after [`Self::first`].
    pub(crate) fn second(&self) -> Option<&BlockInfo> {
        self.window.get(1)
    }

    /// The L1 block `number`.
    pub(crate) fn get(&self, number: u64) -> Option<&BlockInfo> {
        self.window.get(self.index(number)?)
    }

    fn index(&self, number: u64) -> Option<usize> {
        let index = usize::try_from(number.checked_sub(self.first()?.number)?).ok()?;
        (index < self.window.len()).then_some(index)
    }

    /// Checks that [`Self::first`] is the epoch of the safe head `parent` or the next one.
    pub(crate) fn require_fit(&self, parent: &L2BlockInfo) -> Result<(), DeriveError> {
        let fits = self.first().is_some_and(|epoch| {
            epoch.id() == parent.l1_origin || parent.l1_origin.number.checked_add(1) == Some(epoch.number)
        });
        match fits {
            true => Ok(()),
            false => Err(misplaced(parent, "buffered L1 blocks do not start at its L1 origin")),
        }
    }

    /// An empty batch on `parent` if the sequencing window of the epoch has passed and the epoch needs more blocks to
    /// reach the time of the next epoch. If it needs none, the epoch is complete, and the window moves to the next.
    ///
    /// `out_of_data`: whether all batches up to the current L1 block have been read.
    pub(crate) fn empty_batch(
        &mut self,
        config: &RollupConfig,
        parent: &L2BlockInfo,
        out_of_data: bool,
    ) -> Option<SingularBatch> {
        let (epoch, next_epoch) = (self.first()?, self.second()?);
        let expiry = epoch.number.saturating_add(config.seq_window_size);
        let expired = expiry < self.current.number || (expiry == self.current.number && out_of_data);
        if !expired {
            return None;
        }
        let timestamp = parent.block_info.timestamp.saturating_add(config.block_time);
        // Every epoch has at least one block.
        let first_of_epoch = parent.l1_origin.number.checked_add(1) == Some(epoch.number);
        if timestamp < next_epoch.timestamp || first_of_epoch {
            return Some(SingularBatch {
                parent_hash: parent.block_info.hash,
                epoch_num: epoch.number,
                epoch_hash: epoch.hash,
                timestamp,
                transactions: Default::default(),
            });
        }
        self.window.pop_front();
        None
    }
}
