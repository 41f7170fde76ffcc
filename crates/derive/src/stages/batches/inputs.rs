//! What the batch queue and the batch stage read from.

use tribunal_rollup::{BlockInfo, L2BlockInfo, batch::Batch};

use super::origins::Origins;
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
    stages::{L1Inputs, channel_reader::ChannelReader},
};

/// The sources of the next batch on top of `parent`.
pub(crate) struct Inputs<'a, L1, B, L2> {
    /// What the stages above read from.
    pub(crate) l1: L1Inputs<'a, L1, B>,
    /// The stage above.
    pub(crate) reader: &'a mut ChannelReader,
    /// The L2 chain up to the safe head.
    pub(crate) l2: &'a mut L2,
    /// Before Holocene the pending safe head, from Holocene the safe head.
    pub(crate) parent: &'a L2BlockInfo,
}

impl<L1: ChainProvider, B: BlobProvider, L2> Inputs<'_, L1, B, L2> {
    /// The L1 block that derivation is at.
    fn origin(&self) -> BlockInfo {
        self.l1.origin()
    }

    /// Moves `origins` to the L1 block that derivation is at. `false` if that block is before `first`, the first L1 block
    /// whose batches can follow the parent: then its batches are read and dropped, and L1 has to advance.
    pub(super) fn advance(&mut self, origins: &mut Origins, first: u64) -> Result<bool, DeriveError> {
        origins.update(self.origin(), self.parent);
        if self.origin().number >= first {
            return Ok(true);
        }
        self.reader.drain(&mut self.l1)?;
        Ok(false)
    }

    /// The next batch in this L1 block.
    pub(super) fn next_batch(&mut self) -> Result<Option<Batch>, DeriveError> {
        self.reader.next_batch(&mut self.l1)
    }
}
