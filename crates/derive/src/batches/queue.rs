//! The batch queue, in force until Holocene: keeps batches that come ahead of their turn.

use alloc::vec::Vec;

use alloy_primitives::B256;
use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::Batch};

use super::{
    Derived, Inputs, misplaced,
    origins::Origins,
    span_queue::SpanQueue,
    span_validity::SpanCheck,
    validity::{Validity, check_singular},
};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
};

/// Orders batches and makes up empty ones for epochs whose sequencing window has passed.
/// See the [specification](https://specs.optimism.io/protocol/derivation.html#batch-queue).
#[derive(Clone, Debug)]
pub(crate) struct BatchQueue {
    pub(super) origins: Origins,
    span: SpanQueue,
    /// Batches in the order in which they were seen.
    batches: Vec<Included>,
    /// How many of them, from the first on, are known to be ahead of their turn, and under what circumstances.
    future: (usize, Option<Circumstances>),
}

/// What the verdict on a batch depends on, besides the batch: the parent, and the ends of the window of L1 blocks.
type Circumstances = (B256, Option<u64>, u64);

/// A batch and the L1 block in which it became complete.
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

    /// The next batch on top of `parent`, the pending safe head. `None` when L1 must go on first.
    pub(crate) fn next(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Option<Derived>, DeriveError> {
        let (config, parent) = (inputs.config, inputs.parent);
        loop {
            if let Some(batch) = self.span.pop(config, parent) {
                return Ok(Some(Derived { batch, concludes: self.span.is_empty() }));
            }
            self.origins.update(inputs.source.origin(), parent);
            if inputs.source.origin().number < parent.l1_origin.number {
                inputs.drain()?;
                return Ok(None);
            }
            let loaded = inputs.next_batch()?;
            let out_of_data = loaded.is_none();
            if let Some(batch) = loaded {
                self.add(config, parent, batch, inputs.l2)?;
            }
            match self.select(config, parent, out_of_data, inputs.l2)? {
                Some(Batch::Singular(batch)) => return Ok(Some(Derived { batch, concludes: true })),
                Some(Batch::Span(span)) => {
                    self.span
                        .load(span, &self.origins, parent)
                        .map_err(|reason| misplaced(parent, reason))?;
                    if let Some(batch) = self.span.take(parent) {
                        return Ok(Some(Derived { batch, concludes: self.span.is_empty() }));
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

    /// The first batch that fits on `parent`, or an empty one if it is time. Batches that can never fit are let go.
    fn select(
        &mut self,
        config: &RollupConfig,
        parent: &L2BlockInfo,
        out_of_data: bool,
        l2: &mut impl L2ChainProvider,
    ) -> Result<Option<Batch>, DeriveError> {
        if !self.origins.fits(parent) {
            return Err(misplaced(parent, "buffered L1 blocks do not start at its L1 origin"));
        }
        let circumstances = (
            parent.block_info.hash,
            self.origins.first().map(|epoch| epoch.number),
            self.origins.current().number,
        );
        if self.future.1 != Some(circumstances) {
            self.future = (0, Some(circumstances));
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
                // Comes up only when Holocene is active but was never activated: see `DerivationPipeline`.
                Validity::Past => return Err(misplaced(parent, "batch queue in force after Holocene")),
            }
        }
        Ok(self.origins.empty_batch(config, parent, out_of_data).map(Batch::Singular))
    }
}
