//! The nodes of a generated devnet, on loopback ports: they serve what its pre-images hold.

// Each test file uses a part of this.
#![allow(dead_code)]

mod beacon;
mod execution;

use alloy_consensus::{Header, Transaction, TrieAccount, TxEnvelope};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use serde_json::{Value, json};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap},
    path::Path,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use tempfile::TempDir;
use tribunal_fixtures::preimages;
use tribunal_host::FixtureFolder;
use tribunal_mpt::{ProviderError, Trie, TrieProvider, ordered};
use tribunal_preimage::blob_element_key;
use tribunal_rollup::Fork;
use tribunal_testkit::Options;

use self::{beacon::beacon, execution::Executing};
use crate::common::node::Node;

/// The devnet of all tests. Isthmus comes in the middle.
pub(crate) static DEVNET: LazyLock<Devnet> = LazyLock::new(|| {
    let place = TempDir::new().unwrap();
    let options = Options { seed: 5, blocks: 24, forks: vec![Fork::Isthmus], ..Options::default() };
    tribunal_testkit::Devnet::generate(&options, &mut |_| ()).unwrap().write(place.path()).unwrap();
    Devnet::read(place.path())
});

#[derive(Debug)]
pub(crate) struct Devnet {
    pub(crate) folder: FixtureFolder,
    pub(crate) chain: Chain,
}

impl Devnet {
    pub(crate) fn read(folder: &Path) -> Self {
        let preimages = preimages(folder);
        let folder = FixtureFolder::read(folder).unwrap();
        Self { chain: Chain::new(&folder, preimages), folder }
    }

    /// The id of L2 or L1.
    pub(crate) fn chain_id(&self, l2: bool) -> u64 {
        let claim = &self.folder.claims[0];
        if l2 { claim.boot.chain_id } else { claim.l1_chain_id.unwrap() }
    }

    /// The same as a node says it.
    pub(crate) fn told_chain_id(&self, l2: bool) -> Value {
        json!(format!("{:#x}", self.chain_id(l2)))
    }
}

/// Both chains.
#[derive(Debug)]
pub(crate) struct Chain {
    /// All pre-images of type 2.
    pub(crate) values: HashMap<B256, Bytes>,
    pub(crate) l1: Blocks,
    pub(crate) l2: Blocks,
    /// Commitments and blobs by versioned hash.
    pub(crate) blobs: HashMap<B256, (Bytes, Bytes)>,
}

/// The blocks of a chain.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    pub(crate) headers: HashMap<B256, Header>,
    pub(crate) hashes: BTreeMap<u64, B256>,
}

/// What nodes lack, and where they lie.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manner {
    /// Methods and endpoints that are switched off.
    pub(crate) without: Vec<&'static str>,
    /// Methods and endpoints whose answers are changed.
    pub(crate) lies: Vec<&'static str>,
    /// Whether proofs and witnesses have values that do not belong to the chain.
    pub(crate) junk: bool,
    /// Whether proofs and witnesses have nothing else.
    pub(crate) only_junk: bool,
    /// What the nodes say of their chain, in place of the truth.
    pub(crate) chain_id: Option<u64>,
}

/// The nodes of a devnet.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) l1: Node,
    pub(crate) l2: Node,
    pub(crate) beacon: Node,
}

impl Served {
    /// The nodes of the devnet of all tests.
    pub(crate) fn new(manner: Manner) -> Self {
        Self::of(&DEVNET, manner)
    }

    pub(crate) fn of(devnet: &'static Devnet, manner: Manner) -> Self {
        let chain = &devnet.chain;
        let execution = |of: fn(&Chain) -> &Blocks, op: bool| {
            let chain_id = manner.chain_id.unwrap_or(devnet.chain_id(op));
            let manner = manner.clone();
            Node::start(move |request, _| {
                request.each(|method, params| match manner.without.contains(&method) {
                    true => {
                        Err(json!({"code": -32601, "message": format!("the method {method} does not exist")}))
                    }
                    false => {
                        let node = Executing { chain, blocks: of(chain), op, chain_id };
                        let mut answer = node.answer(method, params)?;
                        if manner.lies.contains(&method) {
                            lie(&mut answer);
                        }
                        if manner.only_junk {
                            remove_values(&mut answer);
                        }
                        if manner.junk || manner.only_junk {
                            add_junk(&mut answer);
                        }
                        Ok(answer)
                    }
                })
            })
        };
        let beacon_manner = manner.clone();
        Self {
            l1: execution(|chain| &chain.l1, false),
            l2: execution(|chain| &chain.l2, true),
            beacon: Node::start(move |request, _| beacon(devnet, &beacon_manner, request)),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.l1.count() + self.l2.count() + self.beacon.count()
    }
}

/// Changes the last digit of the last text that has digits.
fn lie(answer: &mut Value) {
    match answer {
        Value::String(text) if text.len() > 2 => {
            let last = if text.ends_with('0') { "1" } else { "0" };
            text.replace_range(text.len() - 1.., last);
        }
        Value::Array(items) => items.iter_mut().for_each(lie),
        Value::Object(fields) => fields.values_mut().for_each(lie),
        _ => {}
    }
}

/// With this begins what does not belong to the chain.
pub(crate) const JUNK: &[u8] = b"junk";

/// Takes all values out of proofs and witnesses.
fn remove_values(answer: &mut Value) {
    for list in ["accountProof", "storageProof", "state", "codes", "headers"] {
        if let Some(Value::Array(values)) = answer.get_mut(list) {
            values.clear();
        }
    }
}

/// Adds values to proofs and witnesses, each of which is right under its own hash.
fn add_junk(answer: &mut Value) {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    for list in ["accountProof", "state", "codes", "headers"] {
        if let Some(Value::Array(values)) = answer.get_mut(list) {
            for place in [0, values.len()] {
                let number = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
                values.insert(place, json!(Bytes::from([JUNK, &number, &[0; 40]].concat())));
            }
        }
    }
}

impl Chain {
    fn new(folder: &FixtureFolder, preimages: Vec<(B256, Bytes)>) -> Self {
        let of_type = |ty: u8| preimages.iter().filter(move |(key, _)| key[0] == ty);
        let values: HashMap<B256, Bytes> =
            of_type(2).map(|(_, value)| (keccak256(value), value.clone())).collect();
        let elements: HashMap<B256, Bytes> = of_type(5).cloned().collect();
        let blobs = of_type(4).map(|(key, commitment)| {
            let bytes = <[u8; 48]>::try_from(&commitment[..]).unwrap();
            let blob =
                (0..4096).flat_map(|index| elements[&B256::from(blob_element_key(&bytes, index))].to_vec());
            let mut hash = *key;
            hash[0] = 1;
            (hash, (commitment.clone(), blob.collect()))
        });
        let heads = |heads: &mut dyn Iterator<Item = B256>| Blocks::before(heads, &values);
        let claims = &folder.claims;
        Self {
            l1: heads(&mut claims.iter().map(|claim| claim.boot.l1_head)),
            l2: heads(&mut claims.iter().filter_map(|claim| claim.agreed_l2_head_hash)),
            blobs: blobs.collect(),
            values,
        }
    }

    /// All that hangs on `root`: nodes of the trie, of the tries in it, and code.
    fn closure(&self, root: B256) -> Vec<Bytes> {
        let (mut seen, mut open) = (BTreeSet::from([root]), vec![root]);
        let mut found = Vec::new();
        while let Some(value) = open.pop().and_then(|hash| self.values.get(&hash)) {
            for hash in value.windows(32).map(B256::from_slice) {
                if self.values.contains_key(&hash) && seen.insert(hash) {
                    open.push(hash);
                }
            }
            found.push(value.clone());
        }
        found
    }

    fn items(&self, root: B256) -> Vec<Bytes> {
        ordered::collect(root, &Recorder::new(self)).unwrap()
    }

    /// The transactions of a block.
    pub(crate) fn transactions(&self, header: &Header) -> Vec<Bytes> {
        self.items(header.transactions_root)
    }

    /// The versioned hashes of the blobs of a block.
    pub(crate) fn blob_hashes(&self, header: &Header) -> Vec<B256> {
        let hashes = self.transactions(header).into_iter().flat_map(|raw| {
            let transaction = TxEnvelope::decode_2718_exact(&raw).unwrap();
            transaction.blob_versioned_hashes().unwrap_or_default().to_vec()
        });
        hashes.collect()
    }

    /// The hash of the code of an account.
    pub(crate) fn code_hash(&self, header: &Header, account: Address) -> B256 {
        let account = Recorder::new(self).get(header.state_root, account.as_slice()).unwrap();
        TrieAccount::decode(&mut &account[..]).unwrap().code_hash
    }

    /// The hashes of some nodes of the state after a block, the root first.
    pub(crate) fn path_of_state(&self, header: &Header) -> Vec<B256> {
        let nodes = Recorder::new(self);
        nodes.get(header.state_root, &[0; 20]);
        nodes.read.take().iter().map(keccak256).collect()
    }
}

impl Blocks {
    /// The blocks with these hashes and those before them.
    fn before(heads: &mut dyn Iterator<Item = B256>, values: &HashMap<B256, Bytes>) -> Self {
        let mut blocks = Self::default();
        for mut hash in heads {
            while let Some(rlp) = values.get(&hash).filter(|_| !blocks.headers.contains_key(&hash)) {
                let header = Header::decode(&mut &rlp[..]).unwrap();
                let parent = header.parent_hash;
                blocks.hashes.insert(header.number, hash);
                blocks.headers.insert(hash, header);
                hash = parent;
            }
        }
        blocks
    }

    /// The block that a parameter names: a hash, an object with one, a number, or the newest one.
    fn find(&self, block: &Value) -> Option<(B256, &Header)> {
        let text = block.as_str().or_else(|| block["blockHash"].as_str()).unwrap_or_default();
        let hash = match text.parse::<B256>() {
            Ok(hash) => hash,
            Err(_) if text == "latest" => *self.hashes.values().next_back()?,
            Err(_) => *self.hashes.get(&u64::from_str_radix(text.trim_start_matches("0x"), 16).ok()?)?,
        };
        Some((hash, self.headers.get(&hash)?))
    }
}

/// Reads nodes, and remembers them.
pub(crate) struct Recorder<'a> {
    chain: &'a Chain,
    pub(crate) read: RefCell<Vec<Bytes>>,
}

impl<'a> Recorder<'a> {
    fn new(chain: &'a Chain) -> Self {
        Self { chain, read: RefCell::default() }
    }

    /// The value of a key of a trie.
    fn get(&self, root: B256, key: &[u8]) -> Option<Bytes> {
        Trie::from_root(root).get(keccak256(key).as_slice(), self).unwrap().cloned()
    }
}

impl TrieProvider for Recorder<'_> {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        let node = self.chain.values.get(&hash).ok_or_else(|| format!("node {hash} is missing"))?;
        self.read.borrow_mut().push(node.clone());
        Ok(node.clone())
    }
}
