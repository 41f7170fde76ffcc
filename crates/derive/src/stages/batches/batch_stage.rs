//! The batch stage, in force from Holocene: batches that are out of order are dropped.
//! See the [specification](https://specs.optimism.io/protocol/holocene/derivation.html#batch-queue).

use tribunal_rollup::{
    BlockInfo,
    batch::{Batch, SingularBatch},
};

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

/// Checks batches in the order in which they arrive. With an invalid batch, the rest of its channel is dropped.
#[derive(Clone, Debug)]
pub(crate) struct BatchStage {
    origins: Origins,
    span: SpanQueue,
}

/// What the stages above have next.
enum Candidate {
    /// A batch to check.
    Batch(SingularBatch),
    /// A span batch that was dropped.
    Skipped,
    /// The end of the L1 block.
    OutOfData,
}

impl BatchStage {
    /// A stage that starts at the L1 block `start`.
    pub(crate) fn new(start: BlockInfo) -> Self {
        Self::with_origins(Origins::new(start))
    }

    /// A stage that takes over from the batch queue, whose batches are dropped.
    pub(crate) fn with_origins(origins: Origins) -> Self {
        Self { origins, span: SpanQueue::default() }
    }

    /// Drops the rest of the current span batch. The caller flushes the channel reader.
    pub(crate) fn flush(&mut self) {
        self.span.clear();
    }

    /// The next batch on top of the safe head; `None` when L1 has to advance first.
    pub(crate) fn next(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Option<NextBatch>, DeriveError> {
        let (config, parent) = (inputs.l1.config, inputs.parent);
        loop {
            // Batches that are included at or before the L1 origin of the safe head are in the past.
            if !inputs.advance(&mut self.origins, parent.l1_origin.number.saturating_add(1))? {
                return Ok(None);
            }
            if self.origins.second().is_none() {
                return Err(misplaced(parent, "L1 blocks from its L1 origin on are not buffered"));
            }
            self.origins.require_fit(parent)?;
            let batch = match self.candidate(inputs)? {
                Candidate::Batch(batch) => batch,
                Candidate::Skipped => continue,
                Candidate::OutOfData => {
                    let batch = self.origins.empty_batch(config, parent, true);
                    return Ok(batch.map(|batch| NextBatch { batch, is_last_in_span: true }));
                }
            };
            match check_singular(config, &self.origins, parent, &batch, self.origins.current()) {
                Validity::Accept => return Ok(Some(NextBatch { batch, is_last_in_span: true })),
                Validity::Past | Validity::Undecided => {}
                Validity::Drop | Validity::Future => {
                    self.span.clear();
                    inputs.reader.flush_channel();
                }
            }
        }
    }

    fn candidate(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Candidate, DeriveError> {
        let (config, parent) = (inputs.l1.config, inputs.parent);
        if let Some(batch) = self.span.pop(config, parent) {
            return Ok(Candidate::Batch(batch));
        }
        let span = match inputs.next_batch()? {
            None => return Ok(Candidate::OutOfData),
            Some(Batch::Singular(batch)) => return Ok(Candidate::Batch(batch)),
            Some(Batch::Span(span)) => span,
        };
        let inclusion = self.origins.current();
        let mut check =
            SpanCheck { config, origins: &self.origins, safe_head: parent, inclusion, l2: inputs.l2 };
        match check.holocene(&span)? {
            Validity::Accept => match self.span.load(span, &self.origins, parent) {
                Ok(()) => return Ok(self.span.take(parent).map_or(Candidate::Skipped, Candidate::Batch)),
                Err(reason) => tracing::debug!(reason, "span batch dropped"),
            },
            // A batch whose validity is undecided is dropped. The rest of its channel is not.
            Validity::Past | Validity::Undecided => return Ok(Candidate::Skipped),
            Validity::Drop | Validity::Future => {}
        }
        inputs.reader.flush_channel();
        Ok(Candidate::Skipped)
    }
}
