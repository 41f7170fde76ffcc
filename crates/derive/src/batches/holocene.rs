//! The batch stage, in force from Holocene: batches come in order or not at all.

use tribunal_rollup::{
    BlockInfo,
    batch::{Batch, SingularBatch},
};

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

/// Judges batches as they come; one that is invalid takes the rest of its channel with it.
/// See the [specification](https://specs.optimism.io/protocol/holocene/derivation.html#batch-queue).
#[derive(Clone, Debug)]
pub(crate) struct OrderedBatches {
    origins: Origins,
    span: SpanQueue,
}

/// What came out of the source.
enum Candidate {
    /// A batch to be judged.
    Batch(SingularBatch),
    /// Something that counts for nothing.
    Skipped,
    /// Nothing more in this L1 block.
    OutOfData,
}

impl OrderedBatches {
    /// A stage that starts at the L1 block `start`.
    pub(crate) fn new(start: BlockInfo) -> Self {
        Self::with_origins(Origins::new(start))
    }

    /// A stage that takes over from the batch queue. Queued batches are lost.
    pub(crate) fn with_origins(origins: Origins) -> Self {
        Self { origins, span: SpanQueue::default() }
    }

    /// Drops the rest of the span batch. The source has to be flushed, too.
    pub(crate) fn flush(&mut self) {
        self.span.clear();
    }

    /// The next batch on top of `parent`, the safe head. `None` when L1 must go on first.
    pub(crate) fn next(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Option<Derived>, DeriveError> {
        let (config, parent) = (inputs.config, inputs.parent);
        loop {
            self.origins.update(inputs.source.origin(), parent);
            // Whatever is included at or before the safe head's L1 origin is of the past.
            if inputs.source.origin().number <= parent.l1_origin.number {
                inputs.drain()?;
                return Ok(None);
            }
            if self.origins.second().is_none() {
                return Err(misplaced(parent, "L1 blocks from its L1 origin on are not buffered"));
            }
            if !self.origins.fits(parent) {
                return Err(misplaced(parent, "buffered L1 blocks do not start at its L1 origin"));
            }
            let batch = match self.candidate(inputs)? {
                Candidate::Batch(batch) => batch,
                Candidate::Skipped => continue,
                Candidate::OutOfData => {
                    let batch = self.origins.empty_batch(config, parent, true);
                    return Ok(batch.map(|batch| Derived { batch, concludes: true }));
                }
            };
            match check_singular(config, &self.origins, parent, &batch, self.origins.current()) {
                Validity::Accept => return Ok(Some(Derived { batch, concludes: true })),
                Validity::Past | Validity::Undecided => {}
                Validity::Drop | Validity::Future => {
                    self.span.clear();
                    inputs.source.flush_channel();
                }
            }
        }
    }

    fn candidate(
        &mut self,
        inputs: &mut Inputs<'_, impl ChainProvider, impl BlobProvider, impl L2ChainProvider>,
    ) -> Result<Candidate, DeriveError> {
        let (config, parent) = (inputs.config, inputs.parent);
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
            // A batch that cannot be judged yet is not kept, but the rest of its channel is.
            Validity::Past | Validity::Undecided => return Ok(Candidate::Skipped),
            Validity::Drop | Validity::Future => {}
        }
        inputs.source.flush_channel();
        Ok(Candidate::Skipped)
    }
}
