//! L1 retrieval: the batcher's data in the L1 block that derivation is at.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#l1-retrieval).

mod batcher_data;
mod blob;
mod transaction;

use alloy_primitives::{Address, Bytes};
use tribunal_rollup::BlockInfo;

use self::batcher_data::BatcherData;
use super::L1Inputs;
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
};

/// Yields batcher data, one transaction's calldata or one blob at a time.
#[derive(Clone, Debug)]
pub(super) struct L1Retrieval {
    /// The rest of the L1 block that is open.
    data: Option<BatcherData>,
}

impl L1Retrieval {
    /// Starts at the L1 block `origin`, where `batcher` is the batcher's address.
    ///
    /// As in the reference, the block is opened here. L1 traversal yields the same block once more if retrieval asks
    /// before L1 advances. Then its data is read twice.
    pub(super) fn new(origin: BlockInfo, batcher: Address) -> Self {
        Self { data: Some(BatcherData::new(origin, batcher)) }
    }

    /// The next piece of batcher data; `None` at the end of the L1 block.
    pub(super) fn next_data(
        &mut self,
        l1: &mut L1Inputs<'_, impl ChainProvider, impl BlobProvider>,
    ) -> Result<Option<Bytes>, DeriveError> {
        if self.data.is_none() {
            let Some(block) = l1.traversal.next_l1_block() else { return Ok(None) };
            self.data = Some(BatcherData::new(block, l1.traversal.system_config().batcher_address));
        }
        let Some(data) = &mut self.data else { return Ok(None) };
        let next = data.next(l1.config, l1.chain, l1.blobs)?;
        if next.is_none() {
            self.data = None;
        }
        Ok(next)
    }
}
