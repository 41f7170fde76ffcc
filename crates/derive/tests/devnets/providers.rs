//! Providers over a devnet's pre-images.

use std::{collections::BTreeMap, rc::Rc};

use alloy_consensus::Header;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use tribunal_derive::{BlobProvider, ChainProvider, L2ChainProvider, ProviderError};
use tribunal_rollup::{BlockInfo, L2BlockInfo, SystemConfig};

use crate::devnet::Devnet;

/// L1 up to a head.
pub(crate) struct L1 {
    devnet: Rc<Devnet>,
    blocks: BTreeMap<u64, BlockInfo>,
}

impl L1 {
    pub(crate) fn new(devnet: Rc<Devnet>, head: B256) -> Self {
        let mut blocks = BTreeMap::new();
        let mut hash = head;
        loop {
            let Header { number, parent_hash, timestamp, .. } = devnet.header(hash);
            blocks.insert(number, BlockInfo { hash, number, parent_hash, timestamp });
            if number == devnet.config.genesis.l1.number {
                return Self { devnet, blocks };
            }
            hash = parent_hash;
        }
    }
}

impl ChainProvider for L1 {
    fn header_by_hash(&mut self, hash: B256) -> Result<Header, ProviderError> {
        Ok(self.devnet.header(hash))
    }

    fn block_info_by_number(&mut self, number: u64) -> Result<Option<BlockInfo>, ProviderError> {
        Ok(self.blocks.get(&number).copied())
    }

    fn receipts_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        Ok(self.devnet.list(self.devnet.header(hash).receipts_root))
    }

    fn transactions_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        Ok(self.devnet.list(self.devnet.header(hash).transactions_root))
    }
}

/// The blobs.
pub(crate) struct Blobs(pub(crate) Rc<Devnet>);

impl BlobProvider for Blobs {
    fn get_blob(&mut self, _: &BlockInfo, hash: B256, _: u64) -> Result<Box<Blob>, ProviderError> {
        Ok(self.0.blob(hash))
    }
}

/// The canonical L2 chain.
pub(crate) struct L2(pub(crate) Rc<Devnet>);

impl L2ChainProvider for L2 {
    fn l2_block_info_by_number(&mut self, number: u64) -> Result<L2BlockInfo, ProviderError> {
        Ok(self.0.l2_info(number))
    }

    fn l2_block_transactions(&mut self, number: u64) -> Result<Vec<Bytes>, ProviderError> {
        Ok(self.0.list(self.0.blocks[number as usize].transactions_root))
    }

    fn system_config_by_number(&mut self, number: u64) -> Result<SystemConfig, ProviderError> {
        let hash = self.0.blocks[number as usize].hash;
        let header = self.0.header(hash);
        let first = self.l2_block_transactions(number)?.into_iter().next().unwrap_or_default();
        Ok(SystemConfig::from_header_and_first_tx(hash, &header, &first, &self.0.config)?)
    }
}
