//! What the batch queue and the batch stage draw on.

use tribunal_rollup::{BlockInfo, L2BlockInfo, batch::Batch};

use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
    stages::{L1Inputs, channel_reader::ChannelReader},
};

/// Where the batch that comes next on top of `parent` is looked for.
pub(crate) struct Inputs<'a, L1, B, L2> {
    /// What the stages above draw on.
    pub(crate) l1: L1Inputs<'a, L1, B>,
    /// The stage above.
    pub(crate) reader: &'a mut ChannelReader,
    /// The L2 chain up to the safe head.
    pub(crate) l2: &'a mut L2,
    /// The safe head, before Holocene the pending safe head.
    pub(crate) parent: &'a L2BlockInfo,
}

impl<L1: ChainProvider, B: BlobProvider, L2> Inputs<'_, L1, B, L2> {
    /// The L1 block that derivation is at.
    pub(super) fn origin(&self) -> BlockInfo {
        self.l1.origin()
    }

    /// The next batch in this L1 block.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, DeriveError> {
        self.reader.next_batch(&mut self.l1)
    }

    /// Reads the rest of this L1 block and drops its batches.
    pub(super) fn drain(&mut self) -> Result<(), DeriveError> {
        self.reader.drain(&mut self.l1)
    }
}
