//! A devnet folder.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use alloy_consensus::Header;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use serde_json::Value;
use tribunal_fixtures::{fixture, folders, preimages};
use tribunal_mpt::{ProviderError, TrieProvider, ordered};
use tribunal_preimage::{PreimageKey, blob_element_key};
use tribunal_rollup::{BlockInfo, BlockNumHash, L1ChainConfig, L2BlockInfo, RollupConfig};

/// An L2 block, as `blocks.json` has it.
pub(crate) struct Block {
    pub(crate) hash: B256,
    pub(crate) transactions_root: B256,
    info: L2BlockInfo,
}

/// A claim, as `claims.json` has it.
pub(crate) struct Claim {
    pub(crate) l1_head: B256,
    pub(crate) agreed_l2_block_number: u64,
    pub(crate) claimed_l2_block_number: u64,
    pub(crate) derivable_l2_block_number: u64,
    pub(crate) note: String,
}

/// The data of a devnet.
pub(crate) struct Devnet {
    pub(crate) name: String,
    pub(crate) config: Arc<RollupConfig>,
    pub(crate) l1_config: Arc<L1ChainConfig>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) claims: Vec<Claim>,
    preimages: HashMap<B256, Bytes>,
    blobs: RefCell<HashMap<B256, Box<Blob>>>,
}

impl Devnet {
    /// Reads the reference's devnets of `scenario`, of any seed. None where there are no fixtures.
    pub(crate) fn load_all(scenario: &str) -> Vec<Self> {
        let Some(devnets) = fixture("devnets") else { return vec![] };
        let named = |path: &&PathBuf| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.rsplit_once('-').is_some_and(|(name, seed)| name == scenario && seed.parse::<u64>().is_ok())
        };
        let devnets: Vec<_> =
            folders(&devnets).iter().filter(named).map(|folder| Self::load(folder)).collect();
        assert!(!devnets.is_empty(), "no devnet of the scenario {scenario}");
        devnets
    }

    fn load(folder: &Path) -> Self {
        let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
        let json = |file: &str| serde_json::from_slice::<Value>(&read(file)).unwrap();
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().into(),
            config: Arc::new(RollupConfig::from_json(&read("rollup.json")).unwrap()),
            l1_config: Arc::new(L1ChainConfig::from_json(&read("l1-genesis-config.json")).unwrap()),
            blocks: json("blocks.json").as_array().unwrap().iter().map(block).collect(),
            claims: json("claims.json").as_array().unwrap().iter().map(claim).collect(),
            preimages: preimages(folder).into_iter().collect(),
            blobs: RefCell::default(),
        }
    }

    /// The pre-image of a Keccak-256 hash.
    pub(crate) fn keccak(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.get(PreimageKey::new_keccak256(hash.0))
    }

    fn get(&self, key: PreimageKey) -> Result<Bytes, ProviderError> {
        self.preimages
            .get(&B256::from(*key.as_bytes()))
            .cloned()
            .ok_or_else(|| format!("no pre-image {key}").into())
    }

    /// The header with this hash.
    pub(crate) fn header(&self, hash: B256) -> Header {
        Header::decode(&mut &self.keccak(hash).unwrap()[..]).unwrap()
    }

    /// The list with this root.
    pub(crate) fn list(&self, root: B256) -> Vec<Bytes> {
        ordered::collect(root, self).unwrap()
    }

    /// Hashes, number, time and L1 origin of a canonical L2 block.
    pub(crate) fn l2_info(&self, number: u64) -> L2BlockInfo {
        self.blocks[number as usize].info
    }

    /// The blob behind a versioned hash.
    pub(crate) fn blob(&self, hash: B256) -> Box<Blob> {
        if let Some(blob) = self.blobs.borrow().get(&hash) {
            return blob.clone();
        }
        let commitment = self.get(PreimageKey::new_sha256(hash.0)).unwrap();
        let commitment: &[u8; 48] = commitment[..].try_into().unwrap();
        let mut blob = Box::new(Blob::ZERO);
        for (i, element) in blob.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            element.copy_from_slice(&self.get(blob_element_key(commitment, i)).unwrap());
        }
        self.blobs.borrow_mut().insert(hash, blob.clone());
        blob
    }
}

impl TrieProvider for Devnet {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.keccak(hash)
    }
}

fn hash(value: &Value, field: &str) -> B256 {
    value[field].as_str().unwrap().parse().unwrap()
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap()
}

fn block(value: &Value) -> Block {
    let origin = &value["l1Origin"];
    Block {
        hash: hash(value, "hash"),
        transactions_root: hash(value, "transactionsRoot"),
        info: L2BlockInfo {
            block_info: BlockInfo {
                hash: hash(value, "hash"),
                number: number(value, "number"),
                parent_hash: hash(value, "parentHash"),
                timestamp: number(value, "timestamp"),
            },
            l1_origin: BlockNumHash { number: number(origin, "number"), hash: hash(origin, "hash") },
            seq_num: number(value, "sequenceNumber"),
        },
    }
}

fn claim(value: &Value) -> Claim {
    Claim {
        l1_head: hash(value, "l1_head"),
        agreed_l2_block_number: number(value, "agreed_l2_block_number"),
        claimed_l2_block_number: number(value, "claimed_l2_block_number"),
        derivable_l2_block_number: number(value, "derivable_l2_block_number"),
        note: value["note"].as_str().unwrap().into(),
    }
}
