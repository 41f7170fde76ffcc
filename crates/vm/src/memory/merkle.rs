//! The Merkle tree over memory. Its 2^59 leaves are 32 bytes each; every other node is the keccak256 of its two
//! children. A page that is not allocated counts as zeros.
//!
//! Only the roots of pages and the nodes above them are kept. Nodes inside a page are hashed again when a proof needs
//! them. [`super::Memory`] logs the pages that are stored to, so the time for a new root grows with their number, not
//! with the size of memory.

use super::{PAGE_BYTES, PAGE_INDEX_BITS, PAGE_SHIFT, Page};
use alloy_primitives::{B256, keccak256, map::HashMap};
use rayon::prelude::*;
use std::{iter::successors, sync::OnceLock};

/// The number of levels of the tree above its leaves.
const DEPTH: usize = 59;
/// The number of levels of a page's own tree above its leaves.
const PAGE_DEPTH: usize = 7;
/// The size of a [`MerkleProof`] in bytes.
pub const PROOF_BYTES: usize = 32 * (DEPTH + 1);

/// The proof of a leaf: the leaf, then the sibling of each node on the path to the root, from the bottom up, 32 bytes
/// each.
pub type MerkleProof = [u8; PROOF_BYTES];

/// The keccak256 of two nodes, which is the node above them.
#[must_use]
pub fn hash_pair(left: &B256, right: &B256) -> B256 {
    let mut pair = [0; 64];
    pair[..32].copy_from_slice(&left[..]);
    pair[32..].copy_from_slice(&right[..]);
    keccak256(pair)
}

/// The root of a subtree of zeros, `level` levels above the leaves.
///
/// # Panics
/// If `level` is over 59, the tree's depth.
#[must_use]
pub fn zero_hash(level: usize) -> B256 {
    static HASHES: OnceLock<[B256; DEPTH + 1]> = OnceLock::new();
    HASHES.get_or_init(|| {
        let mut hashes = [B256::ZERO; DEPTH + 1];
        for level in 1..=DEPTH {
            hashes[level] = hash_pair(&hashes[level - 1], &hashes[level - 1]);
        }
        hashes
    })[level]
}

/// The roots of pages and the nodes above.
#[derive(Debug, Default)]
pub(super) struct MerkleTree {
    /// Nodes by their generalised index: the root is 1, and the children of node `i` are `2i` and `2i + 1`. A missing
    /// node is the root of a subtree of zeros.
    nodes: HashMap<u64, B256>,
}

impl MerkleTree {
    pub(super) fn root(&self) -> B256 {
        self.node(1)
    }

    fn node(&self, index: u64) -> B256 {
        let level = DEPTH - index.ilog2() as usize;
        self.nodes.get(&index).copied().unwrap_or_else(|| zero_hash(level))
    }

    /// The root of the page with that index.
    pub(super) fn page_root(&self, index: u64) -> B256 {
        self.node(page_node(index))
    }

    /// Sets the roots of pages, and hashes the nodes above. The pages must be in ascending order of their index.
    pub(super) fn update(&mut self, pages: &[(u64, B256)]) {
        // The nodes to hash next. They are in ascending order, so equal ones are adjacent.
        let mut parents: Vec<u64> = Vec::with_capacity(pages.len());
        for &(page, root) in pages {
            let node = page_node(page);
            self.nodes.insert(node, root);
            parents.push(node >> 1);
        }
        for _ in 0..PAGE_INDEX_BITS {
            parents.dedup();
            for index in &mut parents {
                let node = hash_pair(&self.node(*index << 1), &self.node(*index << 1 | 1));
                self.nodes.insert(*index, node);
                *index >>= 1;
            }
        }
    }

    /// The proof of the leaf that contains `address`. `page` is the page of `address`, if it is allocated.
    pub(super) fn prove(&self, address: u64, page: Option<&Page>) -> MerkleProof {
        // `PAGE_DEPTH + 1` nodes in the page and `PAGE_INDEX_BITS` above it are `DEPTH + 1` in all.
        let in_page = prove_in_page(address, page);
        let path = successors(Some(page_node(address >> PAGE_SHIFT)), |index| Some(index >> 1));
        let above = path.take_while(|&index| index > 1).map(|index| self.node(index ^ 1));
        let mut proof = [0; PROOF_BYTES];
        for (place, node) in proof.chunks_exact_mut(32).zip(in_page.into_iter().chain(above)) {
            place.copy_from_slice(&node[..]);
        }
        proof
    }
}

/// The generalised index of the root of a page.
const fn page_node(page: u64) -> u64 {
    1 << PAGE_INDEX_BITS | page
}

/// The roots of pages, given and returned with their indices. Many pages are hashed in parallel.
pub(super) fn page_roots(pages: &[(u64, &Page)]) -> Vec<(u64, B256)> {
    /// With fewer pages than this, a thread costs more time than it saves.
    const MIN_PAGES_PER_THREAD: usize = 16;
    let root = |&(index, page): &(u64, &Page)| (index, page_tree(page)[1]);
    if pages.len() < 2 * MIN_PAGES_PER_THREAD {
        return pages.iter().map(root).collect();
    }
    pages.par_iter().with_min_len(MIN_PAGES_PER_THREAD).map(root).collect()
}

/// The part of a proof inside the page: the leaf that contains `address`, then the siblings from the bottom up.
fn prove_in_page(address: u64, page: Option<&Page>) -> [B256; PAGE_DEPTH + 1] {
    let Some(page) = page else {
        let mut nodes = [B256::ZERO; PAGE_DEPTH + 1];
        for (level, sibling) in nodes[1..].iter_mut().enumerate() {
            *sibling = zero_hash(level);
        }
        return nodes;
    };
    let tree = page_tree(page);
    let leaf = address as usize % PAGE_BYTES / 32;
    let mut nodes = [B256::ZERO; PAGE_DEPTH + 1];
    nodes[0] = page_leaf(page, leaf);
    nodes[1] = page_leaf(page, leaf ^ 1);
    let mut index = (1 << PAGE_DEPTH | leaf) >> 1;
    for node in &mut nodes[2..] {
        *node = tree[index ^ 1];
        index >>= 1;
    }
    nodes
}

/// The nodes of a page's tree above its leaves, by their generalised index in this tree: entry 1 is the root, and entry
/// 0 is unused. Subtrees of zeros are common in pages, and are not hashed.
fn page_tree(page: &Page) -> [B256; 1 << PAGE_DEPTH] {
    // The number of pairs of leaves. Their hashes are the lowest nodes here.
    const PAIRS: usize = 1 << (PAGE_DEPTH - 1);
    let mut tree = [B256::ZERO; 1 << PAGE_DEPTH];
    for pair in 0..PAIRS {
        let words = &page[pair * 8..pair * 8 + 8];
        tree[PAIRS + pair] = if words.iter().all(|&word| word == 0) {
            zero_hash(1)
        } else {
            let mut bytes = [0; 64];
            for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
                place.copy_from_slice(&word.to_be_bytes());
            }
            keccak256(bytes)
        };
    }
    for index in (1..PAIRS).rev() {
        let (left, right) = (tree[index << 1], tree[index << 1 | 1]);
        let level = PAGE_DEPTH - index.ilog2() as usize;
        let zero = zero_hash(level - 1);
        tree[index] = if left == zero && right == zero { zero_hash(level) } else { hash_pair(&left, &right) };
    }
    tree
}

/// The leaf with the index `leaf` of a page.
fn page_leaf(page: &Page, leaf: usize) -> B256 {
    let mut bytes = [0; 32];
    for (place, word) in bytes.chunks_exact_mut(8).zip(&page[leaf * 4..]) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    B256::from(bytes)
}
