//! The pipeline as a whole.

use alloc::{boxed::Box, sync::Arc};

use tribunal_rollup::{BlockInfo, Fork, L1ChainConfig, L2BlockInfo, RollupConfig};

use crate::{
    attributes::{AttributesBuilder, AttributesWithParent},
    batches::{BatchStage, Derived, Inputs},
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
    source::BatchSource,
    start::find_start,
};

/// What [`DerivationPipeline::next_attributes`] finds.
#[derive(Clone, Debug)]
pub enum Step {
    /// The attributes of the next L2 block.
    Attributes(Box<AttributesWithParent>),
    /// The L1 data ends here: nothing more can be derived.
    Exhausted,
}

/// Derives L2 blocks' attributes from L1.
///
/// The pipeline never looks at L1 further than it must for the next block. It keeps no L2 chain: the caller builds what
/// it yields and passes the outcome in with the next call.
///
/// # Before Holocene
/// The caller distinguishes the *pending* safe head, the last block built, from the safe head, the last block built from
/// attributes with `is_last_in_span`. It passes the pending one in. If a block is invalid (other than by its deposits
/// alone, which is fatal) it goes back to the safe head and passes that in; the pipeline then drops the rest of the span
/// batch and goes on with the next.
///
/// # From Holocene
/// Every block is safe at once. If one is invalid, the caller calls [`Self::invalid_payload`] and builds its
/// [`deposits_only`](crate::deposits_only) form instead. Which of both rules is in force is told by the timestamp of
/// `derived_from`.
#[derive(Debug)]
pub struct DerivationPipeline<L1, B, L2> {
    config: Arc<RollupConfig>,
    l1_config: Arc<L1ChainConfig>,
    l1: L1,
    blobs: B,
    l2: L2,
    start: L2BlockInfo,
    /// `None` until the start on L1 is found.
    stages: Option<Stages>,
}

/// Everything with a memory of L1.
#[derive(Debug)]
struct Stages {
    source: BatchSource,
    batches: BatchStage,
    attributes: AttributesBuilder,
}

impl<L1: ChainProvider, B: BlobProvider, L2: L2ChainProvider> DerivationPipeline<L1, B, L2> {
    /// A pipeline for the chain that follows the L2 block `safe_head`. Nothing is read yet.
    pub fn new(
        config: Arc<RollupConfig>,
        l1_config: Arc<L1ChainConfig>,
        l1: L1,
        blobs: B,
        l2: L2,
        safe_head: L2BlockInfo,
    ) -> Self {
        Self { config, l1_config, l1, blobs, l2, start: safe_head, stages: None }
    }

    /// The L1 block that derivation is at. `None` before the first step.
    pub fn origin(&self) -> Option<BlockInfo> {
        self.stages.as_ref().map(|stages| stages.source.origin())
    }

    /// Derives the block after `safe_head` (before Holocene: the pending safe head).
    ///
    /// # Errors
    /// Whatever keeps the next block undecided; see [`DeriveError`]. After an error the pipeline is of no more use.
    pub fn next_attributes(&mut self, safe_head: &L2BlockInfo) -> Result<Step, DeriveError> {
        let Self { config, l1_config, l1, blobs, l2, start, stages } = self;
        let stages = match stages {
            Some(stages) => stages,
            none => {
                let (origin, system_config) = find_start(config, start, l1, l2)?;
                none.insert(Stages {
                    source: BatchSource::new(Arc::clone(config), origin, system_config),
                    batches: BatchStage::new(config, origin),
                    attributes: AttributesBuilder::new(config),
                })
            }
        };
        loop {
            let mut inputs = Inputs { config, parent: safe_head, source: &mut stages.source, l1, blobs, l2 };
            let next = stages.batches.next(&mut inputs)?;
            if let Some(Derived { batch, concludes }) = next {
                let attributes = stages.attributes.build(config, l1_config, batch, safe_head, l1, l2)?;
                return Ok(Step::Attributes(Box::new(AttributesWithParent {
                    attributes,
                    parent: *safe_head,
                    derived_from: stages.source.origin(),
                    is_last_in_span: concludes,
                })));
            }
            let before = stages.source.origin();
            if !stages.source.advance(l1)? {
                return Ok(Step::Exhausted);
            }
            if activates_holocene(config, &before, &stages.source.origin()) {
                stages.source.transform_to_holocene();
                stages.batches.transform_to_holocene();
            }
        }
    }

    /// Takes note that the block of the last attributes is invalid and will be replaced by its deposits (from Holocene):
    /// the rest of its channel is dropped.
    pub fn invalid_payload(&mut self) {
        if let Some(stages) = &mut self.stages {
            stages.batches.flush();
            stages.source.flush_channel();
        }
    }
}

/// Whether Holocene's stages take over with the L1 block `after`.
///
/// The reference acts on one fork per L1 block only, the earliest: if others that matter as little as Granite activate
/// in the same block, it goes on with the old stages (and stops at the first batch of the past).
fn activates_holocene(config: &RollupConfig, before: &BlockInfo, after: &BlockInfo) -> bool {
    let activates =
        |fork: &Fork| config.is_active(*fork, after.timestamp) && !config.is_active(*fork, before.timestamp);
    Fork::ALL.into_iter().find(activates) == Some(Fork::Holocene)
}
