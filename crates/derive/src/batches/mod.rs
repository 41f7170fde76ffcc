//! The batch stage: which batch comes next on top of the safe head.

mod holocene;
mod inputs;
mod origins;
mod queue;
mod span_queue;
mod span_validity;
mod validity;

use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::SingularBatch};

use self::{holocene::OrderedBatches, queue::BatchQueue};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
};

pub(crate) use self::{inputs::Inputs, validity::DEPOSIT_TX_TYPE};

/// A batch that comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Derived {
    /// The batch.
    pub(crate) batch: SingularBatch,
    /// Whether its block, and those before it, are safe once it is built.
    pub(crate) concludes: bool,
}

/// The batch stage in force.
#[derive(Clone, Debug)]
pub(crate) enum BatchStage {
    /// Until Holocene.
    Queue(BatchQueue),
    /// From Holocene.
    Ordered(OrderedBatches),
}

impl BatchStage {
    /// The stage in force at the L1 block `start`, where derivation starts.
    pub(crate) fn new(config: &RollupConfig, start: BlockInfo) -> Self {
        if config.is_holocene_active(start.timestamp) {
            Self::Ordered(OrderedBatches::new(start))
        } else {
            Self::Queue(BatchQueue::new(start))
        }
    }

    /// Activates Holocene. The L1 blocks seen so far stay: the first channel may still refer to them.
    pub(crate) fn transform_to_holocene(&mut self) {
        if let Self::Queue(queue) = self {
            *self = Self::Ordered(OrderedBatches::with_origins(queue.origins.clone()));
        }
    }

    /// Drops the rest of the batch under way.
    pub(crate) fn flush(&mut self) {
        if let Self::Ordered(ordered) = self {
            ordered.flush();
        }
    }

    /// The next batch on top of `parent`. `None` when L1 must go on first.
    pub(crate) fn next(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Option<Derived>, DeriveError> {
        match self {
            Self::Queue(queue) => queue.next(inputs),
            Self::Ordered(ordered) => ordered.next(inputs),
        }
    }
}

/// The error for a safe head that does not fit what is buffered.
fn misplaced(safe_head: &L2BlockInfo, reason: &'static str) -> DeriveError {
    DeriveError::SafeHead {
        safe_head: safe_head.block_info.number,
        l1_origin: safe_head.l1_origin.number,
        reason,
    }
}
