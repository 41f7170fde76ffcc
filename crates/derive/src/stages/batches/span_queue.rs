//! The blocks of an accepted span batch that are not yet derived.

use alloc::{collections::VecDeque, vec::Vec};

use tribunal_rollup::{
    L2BlockInfo, RollupConfig,
    batch::{SingularBatch, SpanBatch},
};

use super::origins::Origins;

/// The rest of a span batch, as singular batches. Their parent hashes are set when they leave the queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct SpanQueue {
    batches: VecDeque<SingularBatch>,
}

impl SpanQueue {
    /// Replaces the content by the blocks of `span` after `safe_head`. If the L1 origin of one is not among `origins`, the
    /// queue is empty, and the error is the reason.
    pub(crate) fn load(
        &mut self,
        span: SpanBatch,
        origins: &Origins,
        safe_head: &L2BlockInfo,
    ) -> Result<(), &'static str> {
        self.batches.clear();
        let mut batches = Vec::with_capacity(span.batches.len());
        let mut epoch_before = safe_head.l1_origin.number;
        for element in span.batches {
            if element.timestamp <= safe_head.block_info.timestamp {
                continue;
            }
            if element.epoch_num < epoch_before {
                return Err("L1 origin of a block is before that of its parent");
            }
            epoch_before = element.epoch_num;
            let origin = origins.get(element.epoch_num).ok_or("L1 origin of a block is not buffered")?;
            batches.push(SingularBatch {
                parent_hash: Default::default(),
                epoch_num: element.epoch_num,
                epoch_hash: origin.hash,
                timestamp: element.timestamp,
                transactions: element.transactions,
            });
        }
        self.batches = batches.into();
        Ok(())
    }

    /// Removes the next batch if its block follows `parent`. If it does not, an earlier block of the span was invalid, and
    /// the rest is dropped.
    pub(crate) fn pop(&mut self, config: &RollupConfig, parent: &L2BlockInfo) -> Option<SingularBatch> {
        let next_timestamp = parent.block_info.timestamp.saturating_add(config.block_time);
        if self.batches.front()?.timestamp != next_timestamp {
            tracing::debug!("rest of a span batch dropped");
            self.batches.clear();
        }
        self.take(parent)
    }

    /// Removes the next batch without a check of its time.
    pub(crate) fn take(&mut self, parent: &L2BlockInfo) -> Option<SingularBatch> {
        let batch = self.batches.pop_front()?;
        Some(SingularBatch { parent_hash: parent.block_info.hash, ..batch })
    }

    /// Whether no batch is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Drops all batches.
    pub(crate) fn clear(&mut self) {
        self.batches.clear();
    }
}
