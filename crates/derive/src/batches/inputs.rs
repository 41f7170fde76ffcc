//! What a batch stage draws on.

use tribunal_rollup::{L2BlockInfo, RollupConfig, batch::Batch};

use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider, L2ChainProvider},
    source::BatchSource,
};

/// What a batch stage draws on to find the batch that comes next on top of `parent`.
pub(crate) struct Inputs<'a, L1, B, L2> {
    /// The chain's configuration.
    pub(crate) config: &'a RollupConfig,
    /// The safe head, or, until Holocene, the pending one.
    pub(crate) parent: &'a L2BlockInfo,
    /// Where batches come from.
    pub(crate) source: &'a mut BatchSource,
    /// L1.
    pub(crate) l1: &'a mut L1,
    /// The blobs of L1 blocks.
    pub(crate) blobs: &'a mut B,
    /// The L2 chain up to the safe head.
    pub(crate) l2: &'a mut L2,
}

impl<L1: ChainProvider, B: BlobProvider, L2: L2ChainProvider> Inputs<'_, L1, B, L2> {
    /// The next batch of this L1 block, if it has one more.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, DeriveError> {
        self.source.next_batch(self.l1, self.blobs)
    }

    /// Reads this L1 block's batches to no end.
    pub(super) fn drain(&mut self) -> Result<(), DeriveError> {
        self.source.drain(self.l1, self.blobs)
    }
}
