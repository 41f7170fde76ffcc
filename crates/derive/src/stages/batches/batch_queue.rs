//! The batch queue, in force until Holocene: keeps batches that arrive too early.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#batch-queue).

use alloc::vec::Vec;

use alloy_primitives::B256;
use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::Batch};

use super::{
    Inputs, NextBatch, misplaced,
    origins::Origins,
    span_queue::SpanQueue,
    span_validity::SpanCheck,
    validity::{Validity, check_singular},
};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
};

/// Orders batches, and makes empty ones for epochs whose sequencing window has passed.
#[derive(Clone, Debug)]
pub(crate) struct BatchQueue {
    pub(super) origins: Origins,
    span: SpanQueue,
    /// Batches in the order in which they arrived.
    batches: Vec<Included>,
    /// How many of them, from the first on, are known to be future batches, and the inputs for which this holds.
    future: (usize, Option<ValidityInputs>),
}

/// What the validity of a batch depends on besides the batch: the parent, and the ends of the window of L1 blocks.
type ValidityInputs = (B256, Option<u64>, u64);

/// A batch and the L1 block in which its channel became readable.
#[derive(Clone, Debug)]
struct Included {
    batch: Batch,
    inclusion: BlockInfo,
}

impl BatchQueue {
    /// A queue that starts at the L1 block `start`.
    pub(crate) fn new(start: BlockInfo) -> Self {
        Self {
            origins: Origins::new(start),
            span: SpanQueue::default(),
            batches: Vec::new(),
            future: (0, None),
        }
    }

    /// The next batch on top of the pending safe head; `None` when L1 has to advance first.
    pub(crate) fn next(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Option<NextBatch>, DeriveError> {
        let (config, parent) = (inputs.l1.config, inputs.parent);
        loop {
            if let Some(batch) = self.span.pop(config, parent) {
                return Ok(Some(NextBatch { batch, is_last_in_span: self.span.is_empty() }));
            }
            if !inputs.advance(&mut self.origins, parent.l1_origin.number)? {
                return Ok(None);
            }
            let loaded = inputs.next_batch()?;
            let out_of_data = loaded.is_none();
            if let Some(batch) = loaded {
                self.add(config, parent, batch, inputs.l2)?;
            }
            match self.select(config, parent, out_of_data, inputs.l2)? {
                Some(Batch::Singular(batch)) => return Ok(Some(NextBatch { batch, is_last_in_span: true })),
                Some(Batch::Span(span)) => {
                    self.span
                        .load(span, &self.origins, parent)
                        .map_err(|reason| misplaced(parent, reason))?;
                    if let Some(batch) = self.span.take(parent) {
                        return Ok(Some(NextBatch { batch, is_last_in_span: self.span.is_empty() }));
                    }
                }
                None if out_of_data => return Ok(None),
                None => {}
            }
        }
    }

    fn add(
        &mut self,
        config: &RollupConfig,
        parent: &L2BlockInfo,
        batch: Batch,
        l2: &mut impl L2ChainProvider,
    ) -> Result<(), DeriveError> {
        let included = Included { batch, inclusion: *self.origins.current() };
        if self.check(config, parent, &included, l2)? != Validity::Drop {
            self.batches.push(included);
        }
        Ok(())
    }

    fn check(
        &self,
        config: &RollupConfig,
        parent: &L2BlockInfo,
        Included { batch, inclusion }: &Included,
        l2: &mut impl L2ChainProvider,
    ) -> Result<Validity, DeriveError> {
        match batch {
            Batch::Singular(batch) => Ok(check_singular(config, &self.origins, parent, batch, inclusion)),
            Batch::Span(batch) => {
                SpanCheck { config, origins: &self.origins, safe_head: parent, inclusion, l2 }.full(batch)
            }
        }
    }

    /// The first batch that is valid on `parent`, or an empty one if the sequencing window has passed. Invalid batches are
    /// dropped.
    fn select(
        &mut self,
        config: &RollupConfig,
        parent: &L2BlockInfo,
        out_of_data: bool,
        l2: &mut impl L2ChainProvider,
    ) -> Result<Option<Batch>, DeriveError> {
        self.origins.require_fit(parent)?;
        let validity_inputs = (
            parent.block_info.hash,
            self.origins.first().map(|epoch| epoch.number),
            self.origins.current().number,
        );
        if self.future.1 != Some(validity_inputs) {
            self.future = (0, Some(validity_inputs));
        }
        while let Some(included) = self.batches.get(self.future.0) {
            let index = self.future.0;
            match self.check(config, parent, included, l2)? {
                Validity::Future => self.future.0 += 1,
                Validity::Drop => {
                    self.batches.remove(index);
                }
                Validity::Accept => return Ok(Some(self.batches.remove(index).batch)),
                Validity::Undecided => return Ok(None),
                // Happens only if Holocene's stages did not take over: see `activates_holocene` in the pipeline.
                Validity::Past => return Err(misplaced(parent, "batch queue in force after Holocene")),
            }
        }
        Ok(self.origins.empty_batch(config, parent, out_of_data).map(Batch::Singular))
    }
}
