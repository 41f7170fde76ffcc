//! The L1 blocks that the next L2 blocks may have for their origin, and what happens when no batch arrives for one.

use alloc::collections::VecDeque;

use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::SingularBatch};

/// Consecutive L1 blocks from the epoch of the safe head (or the one after it) to the one that derivation is at.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    current: BlockInfo,
    window: VecDeque<BlockInfo>,
}

impl Origins {
    /// Begins at the L1 block `start`.
    pub(crate) fn new(start: BlockInfo) -> Self {
        Self { current: start, window: [start].into() }
    }

    /// Takes note of the L1 block `current` that derivation is at, and of the epoch that `parent` has reached.
    pub(crate) fn update(&mut self, current: BlockInfo, parent: &L2BlockInfo) {
        if self.current != current {
            self.current = current;
            if current.number < parent.l1_origin.number {
                // L1 blocks before the epoch of the safe head are of no use.
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

    /// The epoch of the safe head, or the one after it when there is no more to come for that.
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

    /// Whether the safe head can be built upon with [`Self::first`] for the epoch.
    pub(crate) fn fits(&self, parent: &L2BlockInfo) -> bool {
        self.first().is_some_and(|epoch| {
            epoch.id() == parent.l1_origin || parent.l1_origin.number.checked_add(1) == Some(epoch.number)
        })
    }

    /// An empty batch on `parent`, when the sequencing window of the epoch has passed and the epoch still needs blocks
    /// to reach the time of the next. When it needs none, the epoch is over and the window goes on to the next.
    ///
    /// `out_of_data`: whether all batches up to the current L1 block have been seen.
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
        // Every epoch has one block at least.
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
