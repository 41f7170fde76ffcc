//! Reads the fixtures in place and serves their pre-images.
#![allow(dead_code, reason = "each test uses a part")]

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use alloy_consensus::{Header, Sealable, Sealed};
use alloy_primitives::{Address, B64, B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use op_alloy_rpc_types_engine::OpPayloadAttributes;
use serde::Deserialize;
use tribunal_executor::{ExecutionProvider, Executor, PrecompileOracle};
use tribunal_mpt::{ProviderError, TrieHinter, TrieProvider, ordered};
use tribunal_rollup::RollupConfig;

/// Pre-images by key, keccak and precompiles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    pub(crate) preimages: Arc<HashMap<B256, Bytes>>,
    /// A key that is not to be found.
    pub(crate) hidden: Arc<Mutex<Option<B256>>>,
    /// Keys that were asked for.
    pub(crate) asked: Arc<Mutex<Vec<B256>>>,
}

impl Store {
    pub(crate) fn open(folder: &Path) -> Self {
        let preimages = tribunal_fixtures::preimages(folder).into_iter().collect();
        Self { preimages: Arc::new(preimages), ..Self::default() }
    }

    pub(crate) fn get(&self, kind: u8, mut key: B256) -> Result<Bytes, ProviderError> {
        key[0] = kind;
        self.asked.lock().unwrap().push(key);
        match self.preimages.get(&key).filter(|_| *self.hidden.lock().unwrap() != Some(key)) {
            Some(value) => Ok(value.clone()),
            None => Err(format!("pre-image {key} is missing").into()),
        }
    }

    pub(crate) fn header(&self, hash: B256) -> Sealed<Header> {
        let header = self.header_by_hash(hash).unwrap().seal_slow();
        assert_eq!(header.seal(), hash);
        header
    }
}

impl TrieProvider for Store {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.get(2, hash)
    }
}

impl TrieHinter for Store {}

impl ExecutionProvider for Store {
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.get(2, hash)
    }

    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
        Ok(Header::decode(&mut &self.get(2, hash)?[..])?)
    }
}

/// The store's results, and none but these.
impl PrecompileOracle for Store {
    fn call(
        &self,
        address: &Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<(bool, Bytes)>, ProviderError> {
        let key = keccak256([address.as_slice(), &gas.to_be_bytes(), input].concat());
        let result = self.get(6, key)?;
        Ok(Some((result[0] == 1, result.slice(1..))))
    }
}

/// One of the real blocks.
#[derive(Deserialize)]
pub(crate) struct RealBlock {
    pub(crate) rollup_config: serde_json::Value,
    pub(crate) parent_header: Header,
    pub(crate) executing_payload: OpPayloadAttributes,
    pub(crate) expected_block_hash: B256,
}

impl RealBlock {
    pub(crate) fn open(folder: &Path) -> Self {
        serde_json::from_slice(&fs::read(folder.join("fixture.json")).unwrap()).unwrap()
    }

    pub(crate) fn config(&self) -> Arc<RollupConfig> {
        Arc::new(RollupConfig::from_json(&serde_json::to_vec(&self.rollup_config).unwrap()).unwrap())
    }

    pub(crate) fn executor<O: PrecompileOracle>(&self, store: &Store, precompiles: O) -> Executor<Store, O> {
        Executor::new(self.config(), store.clone(), precompiles, self.parent_header.clone().seal_slow())
    }
}

/// A block in a devnet's list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DevnetBlock {
    pub(crate) number: u64,
    pub(crate) hash: B256,
    pub(crate) output_root: B256,
}

/// A chain made by op-geth.
pub(crate) struct Devnet {
    pub(crate) config: Arc<RollupConfig>,
    pub(crate) store: Store,
    pub(crate) blocks: Vec<DevnetBlock>,
}

impl Devnet {
    pub(crate) fn open(folder: &Path) -> Self {
        let config = RollupConfig::from_json(&fs::read(folder.join("rollup.json")).unwrap()).unwrap();
        let blocks = serde_json::from_slice(&fs::read(folder.join("blocks.json")).unwrap()).unwrap();
        Self { config: Arc::new(config), store: Store::open(folder), blocks }
    }

    /// An executor on block `parent`, with the store's results of precompiled contracts.
    pub(crate) fn executor(&self, parent: usize) -> Executor<Store, Store> {
        self.executor_with(parent, self.store.clone())
    }

    pub(crate) fn executor_with<O: PrecompileOracle>(
        &self,
        parent: usize,
        precompiles: O,
    ) -> Executor<Store, O> {
        let parent = self.store.header(self.blocks[parent].hash);
        Executor::new(Arc::clone(&self.config), self.store.clone(), precompiles, parent)
    }

    /// The attributes that block `index` was made from.
    pub(crate) fn attributes(&self, index: usize) -> OpPayloadAttributes {
        let header = self.store.header(self.blocks[index].hash);
        let transactions = ordered::collect(header.transactions_root, &self.store).unwrap();
        let mut attributes = OpPayloadAttributes::default();
        attributes.payload_attributes.timestamp = header.timestamp;
        attributes.payload_attributes.prev_randao = header.mix_hash;
        attributes.payload_attributes.suggested_fee_recipient = header.beneficiary;
        attributes.payload_attributes.parent_beacon_block_root = header.parent_beacon_block_root;
        attributes.transactions = Some(transactions);
        attributes.no_tx_pool = Some(true);
        attributes.gas_limit = Some(header.gas_limit);
        attributes.eip_1559_params = header.extra_data.get(1..9).map(B64::from_slice);
        attributes.min_base_fee =
            header.extra_data.get(9..17).map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()));
        attributes
    }
}
