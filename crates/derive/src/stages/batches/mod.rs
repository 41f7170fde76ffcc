//! Chooses the batch that comes next on top of the safe head. Before Holocene the batch queue does it, from Holocene the
//! batch stage.

mod batch_queue;
mod batch_stage;
mod inputs;
mod origins;
mod span_queue;
mod span_validity;
mod validity;

use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::SingularBatch};

use self::{batch_queue::BatchQueue, batch_stage::BatchStage};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
};

pub(crate) use self::{inputs::Inputs, validity::DEPOSIT_TX_TYPE};

/// The next batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NextBatch {
    /// The batch.
    pub(crate) batch: SingularBatch,
    /// Whether its block, and the pending ones before it, become safe once it is built.
    pub(crate) is_last_in_span: bool,
}

/// The stage in force.
#[derive(Clone, Debug)]
pub(crate) enum BatchProvider {
    /// Until Holocene.
    Queue(BatchQueue),
    /// From Holocene.
    Stage(BatchStage),
}

impl BatchProvider {
    /// The stage in force at the L1 block `start`, where derivation starts.
    pub(crate) fn new(config: &RollupConfig, start: BlockInfo) -> Self {
        if config.is_holocene_active(start.timestamp) {
            Self::Stage(BatchStage::new(start))
        } else {
            Self::Queue(BatchQueue::new(start))
        }
    }

    /// Activates Holocene. The buffered L1 blocks stay: batches of the first channel may still have them as origins.
    pub(crate) fn transform_to_holocene(&mut self) {
        if let Self::Queue(queue) = self {
            *self = Self::Stage(BatchStage::with_origins(queue.origins.clone()));
        }
    }

    /// Drops the rest of the current span batch (from Holocene).
    pub(crate) fn flush(&mut self) {
        if let Self::Stage(stage) = self {
            stage.flush();
        }
    }

    /// The next batch on top of the parent in `inputs`; `None` when L1 has to advance first.
    pub(crate) fn next(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Option<NextBatch>, DeriveError> {
        match self {
            Self::Queue(queue) => queue.next(inputs),
            Self::Stage(stage) => stage.next(inputs),
        }
    }
}

/// The error for a safe head that does not fit the buffered L1 blocks or batches.
fn misplaced(safe_head: &L2BlockInfo, reason: &'static str) -> DeriveError {
    DeriveError::SafeHead {
        safe_head: safe_head.block_info.number,
        l1_origin: safe_head.l1_origin.number,
        reason,
    }
}
