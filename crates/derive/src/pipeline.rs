//! The pipeline as a whole.

use alloc::{boxed::Box, sync::Arc};

use tribunal_rollup::{BlockInfo, Fork, L1ChainConfig, L2BlockInfo, RollupConfig};

use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
    reset::find_start,
    stages::{
        L1Inputs,
        attributes_queue::{AttributesQueue, AttributesWithParent},
        batches::{BatchProvider, Inputs, NextBatch},
        channel_reader::ChannelReader,
        l1_traversal::L1Traversal,
    },
};

/// The outcome of [`DerivationPipeline::next_attributes`].
#[derive(Clone, Debug)]
pub enum Step {
    /// The attributes of the next L2 block.
    Attributes(Box<AttributesWithParent>),
    /// The L1 data ends here: nothing more can be derived.
    Exhausted,
}

/// Derives the payload attributes of L2 blocks from L1.
///
/// The pipeline reads L1 only as far as the next block needs. It keeps no L2 chain: the caller builds each block and
/// passes the new safe head to the next call.
///
/// # Before Holocene
/// The *pending* safe head is the last block that was built; the safe head is the last block that was built from
/// attributes with `is_last_in_span`. The caller passes the pending one. If a block is invalid, the caller goes back
/// to the safe head and passes that; the pipeline then drops the rest of the span batch. If a block of deposits only
/// is invalid, nothing more can be derived.
///
/// # From Holocene
/// Every block is safe at once. If one is invalid, the caller calls [`Self::invalid_payload`] and builds its
/// [`deposits_only`](crate::deposits_only) form instead. The timestamp of `derived_from` decides which rule is in force.
#[derive(Debug)]
pub struct DerivationPipeline<L1, B, L2> {
    config: Arc<RollupConfig>,
    l1_config: Arc<L1ChainConfig>,
    l1: L1,
    blobs: B,
    l2: L2,
    start: L2BlockInfo,
    /// `None` until the first call of [`Self::next_attributes`].
    stages: Option<Stages>,
}

/// The stages. The channel reader owns those between L1 traversal and itself.
#[derive(Debug)]
struct Stages {
    traversal: L1Traversal,
    reader: ChannelReader,
    batches: BatchProvider,
    attributes: AttributesQueue,
}

impl<L1: ChainProvider, B: BlobProvider, L2: L2ChainProvider> DerivationPipeline<L1, B, L2> {
    /// A pipeline for the blocks after the L2 block `safe_head`. Reads nothing yet.
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
        self.stages.as_ref().map(|stages| stages.traversal.origin())
    }

    /// Derives the block after `safe_head` (before Holocene: the pending safe head).
    ///
    /// # Errors
    /// Why the next block cannot be derived. After an error the pipeline must not be used again.
    pub fn next_attributes(&mut self, safe_head: &L2BlockInfo) -> Result<Step, DeriveError> {
        let Self { config, l1_config, l1, blobs, l2, start, stages } = self;
        let stages = match stages {
            Some(stages) => stages,
            none => {
                let (origin, system_config) = find_start(config, start, l1, l2)?;
                require_known_forks(config, l1_config, &origin)?;
                none.insert(Stages {
                    traversal: L1Traversal::new(config, origin, system_config),
                    reader: ChannelReader::new(config, origin, system_config.batcher_address),
                    batches: BatchProvider::new(config, origin),
                    attributes: AttributesQueue::new(config),
                })
            }
        };
        loop {
            let mut inputs = Inputs {
                l1: L1Inputs { config, traversal: &mut stages.traversal, chain: l1, blobs },
                reader: &mut stages.reader,
                l2,
                parent: safe_head,
            };
            if let Some(NextBatch { batch, is_last_in_span }) = stages.batches.next(&mut inputs)? {
                let attributes = stages.attributes.build(config, l1_config, batch, safe_head, l1, l2)?;
                return Ok(Step::Attributes(Box::new(AttributesWithParent {
                    attributes,
                    parent: *safe_head,
                    derived_from: stages.traversal.origin(),
                    is_last_in_span,
                })));
            }
            let before = stages.traversal.origin();
            if !stages.traversal.advance(config, l1)? {
                return Ok(Step::Exhausted);
            }
            require_known_forks(config, l1_config, &stages.traversal.origin())?;
            if activates_holocene(config, &before, &stages.traversal.origin()) {
                stages.reader.transform_to_holocene();
                stages.batches.transform_to_holocene();
            }
        }
    }

    /// Tells the pipeline that the block of the last attributes is invalid, so that the caller builds its deposits only (from
    /// Holocene). The pipeline drops the rest of the block's span batch and channel.
    pub fn invalid_payload(&mut self) {
        if let Some(stages) = &mut self.stages {
            stages.batches.flush();
            stages.reader.flush_channel();
        }
    }
}

/// Checks that this program has the rules by which the L1 block `origin` is read.
fn require_known_forks(
    config: &RollupConfig,
    l1_config: &L1ChainConfig,
    origin: &BlockInfo,
) -> Result<(), DeriveError> {
    let known = config.require_known_forks(origin.timestamp);
    known.and_then(|()| l1_config.require_known_forks(origin.timestamp)).map_err(DeriveError::Unsupported)
}

/// Whether Holocene's stages take over with the L1 block `after`.
///
/// The reference acts on one fork per L1 block only, the earliest that activates. If that is an earlier fork than Holocene,
/// the old stages stay, and the reference stops at the first batch before the next block.
fn activates_holocene(config: &RollupConfig, before: &BlockInfo, after: &BlockInfo) -> bool {
    let activates =
        |fork: &Fork| config.is_active(*fork, after.timestamp) && !config.is_active(*fork, before.timestamp);
    Fork::ALL.into_iter().find(activates) == Some(Fork::Holocene)
}
