//! Tries of real and reference-made chains: lists, and the state from each block to the next.
//!
//! The leaves of the state tries are collected by alloy-trie's decoder, which shares nothing with the crate.

use std::{collections::BTreeMap, path::Path};

use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use alloy_trie::{
    Nibbles, TrieAccount,
    nodes::{RlpNode, TrieNode},
};
use tribunal_fixtures::{devnets, fixture};
use tribunal_mpt::{EMPTY_ROOT, MemoryProvider, Trie, TrieError, ordered};

type Leaves = BTreeMap<Vec<u8>, Bytes>;

/// The Keccak pre-images of a folder.
fn keccak_preimages(folder: &Path) -> MemoryProvider {
    let mut nodes = MemoryProvider::default();
    for (key, value) in tribunal_fixtures::preimages(folder) {
        if key[0] == 2 {
            let hash = nodes.insert(value);
            assert_eq!(hash[1..], key[1..]);
        }
    }
    nodes
}

/// The transactions and the receipts root, if these bytes are a block header.
fn list_roots(preimage: &[u8]) -> Option<[B256; 2]> {
    let mut items = alloy_rlp::Header::decode_bytes(&mut &*preimage, true).ok()?;
    let mut fields = Vec::new();
    while !items.is_empty() {
        fields.push(alloy_rlp::Header::decode_bytes(&mut items, false).ok()?);
    }
    let lens: Vec<_> = fields.iter().take(7).map(|field| field.len()).collect();
    (fields.len() >= 15 && lens == [32, 32, 20, 32, 32, 32, 256])
        .then(|| [B256::from_slice(fields[4]), B256::from_slice(fields[5])])
}

/// Walks the list, builds it again, and proves its first item. `None` when the file lacks a node of it.
fn check_list(root: B256, nodes: &MemoryProvider) -> Option<usize> {
    let items = match ordered::collect(root, nodes) {
        Ok(items) => items,
        Err(TrieError::Provider { hash, .. }) => {
            assert!(nodes.get(&hash).is_none());
            return None;
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(ordered::root(&items), root);
    assert_eq!(ordered::first(root, nodes).unwrap().as_ref(), items.first());
    Some(items.len())
}

#[test]
fn lists_of_devnets() {
    for folder in devnets() {
        let nodes = keccak_preimages(&folder);
        let mut lists = 0;
        for roots in nodes.iter().filter_map(|(_, preimage)| list_roots(preimage)) {
            for root in roots.into_iter().filter(|root| nodes.get(root).is_some()) {
                check_list(root, &nodes).expect("lists are there as a whole");
                lists += 1;
            }
        }
        assert!(lists > 30, "{}: {lists}", folder.display());
        for block in blocks(&folder) {
            let items = check_list(block.transactions_root, &nodes).expect("transactions are there");
            assert!(block.transactions.is_none_or(|number| number == items as u64));
        }
    }
}

#[test]
fn lists_of_a_real_claim() {
    let Some(folder) = fixture("op-sepolia-16491249") else { return };
    let nodes = keccak_preimages(&folder);
    let counts: Vec<_> = nodes
        .iter()
        .filter_map(|(_, preimage)| list_roots(preimage))
        .flatten()
        .filter(|root| nodes.get(root).is_some())
        .filter_map(|root| check_list(root, &nodes))
        .collect();
    assert!(counts.len() > 50, "{}", counts.len());
    assert!(counts.iter().any(|&count| count > 128));
}

struct Block {
    state_root: B256,
    transactions_root: B256,
    /// The reference's devnets say how many there are.
    transactions: Option<u64>,
}

fn blocks(folder: &Path) -> Vec<Block> {
    let json = std::fs::read(folder.join("blocks.json")).unwrap();
    let blocks: Vec<serde_json::Value> = serde_json::from_slice(&json).unwrap();
    let hash = |block: &serde_json::Value, field: &str| block[field].as_str().unwrap().parse().unwrap();
    blocks
        .iter()
        .map(|block| Block {
            state_root: hash(block, "stateRoot"),
            transactions_root: hash(block, "transactionsRoot"),
            transactions: block["transactions"].as_u64(),
        })
        .collect()
}

/// The leaves below a node, or `None` when one of the nodes is not in the file.
fn leaves(node: &RlpNode, path: Nibbles, nodes: &MemoryProvider, out: &mut Leaves) -> Option<()> {
    let rlp = match node.as_hash() {
        Some(EMPTY_ROOT) => return Some(()),
        Some(hash) => nodes.get(&hash)?.clone(),
        None => Bytes::copy_from_slice(node),
    };
    match TrieNode::decode(&mut &rlp[..]).unwrap() {
        TrieNode::EmptyRoot => {}
        TrieNode::Leaf(leaf) => {
            out.insert(path.join(&leaf.key).pack().to_vec(), leaf.value.into());
        }
        TrieNode::Extension(extension) => {
            leaves(&extension.child, path.join(&extension.key), nodes, out)?;
        }
        TrieNode::Branch(branch) => {
            for (nibble, child) in branch.as_ref().children() {
                let Some(child) = child else { continue };
                let mut path = path;
                path.push(nibble);
                leaves(child, path, nodes, out)?;
            }
        }
    }
    Some(())
}

fn all_leaves(root: B256, nodes: &MemoryProvider) -> Option<Leaves> {
    let mut out = Leaves::new();
    leaves(&RlpNode::word_rlp(&root), Nibbles::default(), nodes, &mut out)?;
    Some(out)
}

/// Applies to the trie of `from` what makes it the trie of `to`.
fn check_transition(from: (B256, &Leaves), to: (B256, &Leaves), nodes: &MemoryProvider) {
    let mut trie = Trie::from_root(from.0);
    for (key, value) in from.1.iter().take(20) {
        assert_eq!(trie.get(key, nodes).unwrap(), Some(value));
    }
    for (key, value) in to.1.iter().filter(|(key, value)| from.1.get(*key) != Some(value)) {
        trie.insert(key, value.clone(), nodes).unwrap();
    }
    for key in from.1.keys().filter(|key| !to.1.contains_key(*key)) {
        trie.delete(key, nodes).unwrap();
    }
    assert_eq!(trie.root(), to.0);
}

#[test]
fn states_of_devnets() {
    let folders = devnets();
    let (mut states, mut storages) = (0, 0);
    for folder in &folders {
        let nodes = keccak_preimages(folder);
        let mut before: Option<(B256, Leaves)> = None;
        for Block { state_root: root, .. } in blocks(folder) {
            let Some(after) = all_leaves(root, &nodes) else {
                before = None;
                continue;
            };
            if let Some((old_root, old)) = &before {
                check_transition((*old_root, old), (root, &after), &nodes);
                check_transition((root, &after), (*old_root, old), &nodes);
                states += 1;
                for (key, account) in &after {
                    let storage =
                        |account: &Bytes| TrieAccount::decode(&mut &account[..]).unwrap().storage_root;
                    let (from, to) = (old.get(key).map_or(EMPTY_ROOT, storage), storage(account));
                    if from == to {
                        continue;
                    }
                    let both = (all_leaves(from, &nodes), all_leaves(to, &nodes));
                    let (Some(from_leaves), Some(to_leaves)) = both else { continue };
                    check_transition((from, &from_leaves), (to, &to_leaves), &nodes);
                    check_transition((to, &to_leaves), (from, &from_leaves), &nodes);
                    storages += 1;
                }
            }
            before = Some((root, after));
        }
    }
    eprintln!("{states} state and {storages} storage transitions");
    let enough = 10 * folders.len();
    assert!(states >= enough && storages >= enough);
}
