//! Whether a span batch is valid on top of the safe head.

use tribunal_rollup::{
    BlockInfo, L2BlockInfo, RollupConfig,
    batch::{SpanBatch, SpanBatchElement},
};

use super::{
    origins::Origins,
    validity::{DEPOSIT_TX_TYPE, Drift, Validity, check_transactions, refuse},
};
use crate::{error::DeriveError, providers::L2ChainProvider};

/// What a span batch is checked against.
pub(crate) struct SpanCheck<'a, L2> {
    /// The rollup config.
    pub(crate) config: &'a RollupConfig,
    /// The L1 blocks that may be origins.
    pub(crate) origins: &'a Origins,
    /// The safe head.
    pub(crate) safe_head: &'a L2BlockInfo,
    /// The L1 block in which the channel of the batch became readable.
    pub(crate) inclusion: &'a BlockInfo,
    /// The L2 chain up to the safe head.
    pub(crate) l2: &'a mut L2,
}

impl<L2: L2ChainProvider> SpanCheck<'_, L2> {
    /// Checks all of `batch`, before Holocene.
    /// See the [specification](https://specs.optimism.io/protocol/delta/span-batches.html#span-batch-rules).
    pub(crate) fn full(&mut self, batch: &SpanBatch) -> Result<Validity, DeriveError> {
        let parent = match self.prefix(batch)? {
            Ok(parent) => parent,
            Err(validity) => return Ok(validity),
        };
        match self.blocks(batch, &parent) {
            Validity::Accept => self.overlap(batch, &parent),
            validity => Ok(validity),
        }
    }

    /// Checks the prefix of `batch` and its overlap with the safe chain, from Holocene. Its blocks are checked one by one
    /// later.
    pub(crate) fn holocene(&mut self, batch: &SpanBatch) -> Result<Validity, DeriveError> {
        match self.prefix(batch)? {
            Ok(parent) => self.overlap(batch, &parent),
            Err(validity) => Ok(validity),
        }
    }

    /// Checks times, parent and L1 origins of the span. Yields the parent of its first block.
    fn prefix(&mut self, batch: &SpanBatch) -> Result<Result<L2BlockInfo, Validity>, DeriveError> {
        let (Some(first), Some(last), Some(epoch)) =
            (batch.batches.first(), batch.batches.last(), self.origins.first())
        else {
            return Ok(Err(Validity::Undecided));
        };
        let next_epoch = epoch.number.checked_add(1) == Some(first.epoch_num);
        let origin = match self.origins.second() {
            Some(second) if next_epoch => second,
            None if next_epoch => return Ok(Err(Validity::Undecided)),
            _ => epoch,
        };
        if !self.config.is_delta_active(origin.timestamp) {
            return Ok(Err(refuse("span batch with an L1 origin before Delta")));
        }
        if let Err(validity) = self.check_time(first, last) {
            return Ok(Err(validity));
        }
        let parent = match self.parent_of(first)? {
            Ok(parent) => parent,
            Err(validity) => return Ok(Err(validity)),
        };
        Ok(self.check_ends(batch, first, last, &parent).map(|()| parent))
    }

    fn next_timestamp(&self) -> u64 {
        self.safe_head.block_info.timestamp.saturating_add(self.config.block_time)
    }

    fn check_time(&self, first: &SpanBatchElement, last: &SpanBatchElement) -> Result<(), Validity> {
        let holocene = self.config.is_holocene_active(self.inclusion.timestamp);
        if first.timestamp > self.next_timestamp() {
            return Err(if holocene {
                refuse("span batch starts after the next block")
            } else {
                Validity::Future
            });
        }
        if last.timestamp < self.next_timestamp() {
            return Err(if holocene {
                Validity::Past
            } else {
                refuse("span batch ends before the next block")
            });
        }
        Ok(())
    }

    /// The parent of the span's `first` block: the safe head, or an earlier block when the span overlaps the safe chain.
    fn parent_of(&mut self, first: &SpanBatchElement) -> Result<Result<L2BlockInfo, Validity>, DeriveError> {
        if first.timestamp == self.next_timestamp() {
            return Ok(Ok(*self.safe_head));
        }
        let head = &self.safe_head.block_info;
        let Some(behind) = head.timestamp.checked_sub(first.timestamp) else {
            return Ok(Err(refuse("timestamp is between two L2 blocks")));
        };
        if behind.checked_rem(self.config.block_time) != Some(0) {
            return Ok(Err(refuse("timestamp is between two L2 blocks")));
        }
        let blocks = behind / self.config.block_time;
        let number = head.number.checked_sub(blocks).and_then(|number| number.checked_sub(1));
        match number {
            Some(number) if number >= self.config.genesis.l2.number => {
                self.l2.l2_block_info_by_number(number).map(Ok).map_err(DeriveError::provider)
            }
            // The reference asks for a block before genesis, gets an error, and counts the batch as undecided.
            _ => Ok(Err(Validity::Undecided)),
        }
    }

    fn check_ends(
        &self,
        batch: &SpanBatch,
        first: &SpanBatchElement,
        last: &SpanBatchElement,
        parent: &L2BlockInfo,
    ) -> Result<(), Validity> {
        if !batch.check_parent_hash(&parent.block_info.hash) {
            return Err(refuse("parent hash does not match"));
        }
        if first.epoch_num.saturating_add(self.config.seq_window_size) < self.inclusion.number {
            return Err(refuse("sequencing window has passed"));
        }
        if first.epoch_num > parent.l1_origin.number.saturating_add(1) {
            return Err(refuse("first epoch is neither that of the parent nor the next"));
        }
        let Some(last_origin) = self.origins.get(last.epoch_num) else { return Err(Validity::Undecided) };
        if !batch.check_origin_hash(&last_origin.hash) {
            return Err(refuse("hash of the last epoch does not match"));
        }
        if first.epoch_num < parent.l1_origin.number {
            return Err(refuse("first epoch is before that of the parent"));
        }
        Ok(())
    }

    /// Checks the blocks after the safe head. Epochs do not decrease within a span that passed [`Self::prefix`].
    fn blocks(&self, batch: &SpanBatch, parent: &L2BlockInfo) -> Validity {
        let mut epoch_before = parent.l1_origin.number;
        for block in &batch.batches {
            let advances = block.epoch_num > epoch_before;
            epoch_before = block.epoch_num;
            if block.timestamp <= self.safe_head.block_info.timestamp {
                continue;
            }
            if block.epoch_num < self.safe_head.l1_origin.number {
                return refuse("epoch of a block is too old");
            }
            match self.block(block, advances) {
                Validity::Accept => {}
                validity => return validity,
            }
        }
        Validity::Accept
    }

    fn block(&self, block: &SpanBatchElement, advances: bool) -> Validity {
        let Some(origin) = self.origins.get(block.epoch_num) else {
            return refuse("L1 origin of a block is not buffered");
        };
        if block.timestamp < origin.timestamp {
            return refuse("timestamp of a block is before that of its L1 origin");
        }
        let next = self.origins.get(block.epoch_num.saturating_add(1));
        let drift = Drift { origin, next, advances, is_empty: block.transactions.is_empty() };
        match drift.check(self.config, block.timestamp) {
            Ok(()) => check_transactions(self.config, block.timestamp, &block.transactions),
            Err(validity) => validity,
        }
    }

    /// Checks that the blocks of the span up to the safe head are equal to those of the safe chain. `parent` is the block
    /// before the span.
    fn overlap(&mut self, batch: &SpanBatch, parent: &L2BlockInfo) -> Result<Validity, DeriveError> {
        let first = parent.block_info.number.saturating_add(1);
        for (number, element) in (first..=self.safe_head.block_info.number).zip(&batch.batches) {
            let transactions = self.l2.l2_block_transactions(number).map_err(DeriveError::provider)?;
            let deposits = transactions.iter().filter(|tx| tx.first() == Some(&DEPOSIT_TX_TYPE)).count();
            if transactions.get(deposits..) != Some(element.transactions.as_slice()) {
                return Ok(refuse("transactions differ from the safe chain's"));
            }
            let block = self.l2.l2_block_info_by_number(number).map_err(DeriveError::provider)?;
            if block.l1_origin.number != element.epoch_num {
                return Ok(refuse("L1 origin differs from the safe chain's"));
            }
        }
        Ok(Validity::Accept)
    }
}
