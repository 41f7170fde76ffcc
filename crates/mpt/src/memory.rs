//! Nodes held in memory: what tests and generators serve tries from.

use alloc::boxed::Box;

use alloy_primitives::{B256, Bytes, keccak256, map::B256HashMap};

use crate::{ProviderError, TrieProvider};

/// A set of nodes by hash. What it does not hold it reports as [`MissingNode`].
#[derive(Debug, Clone, Default)]
pub struct MemoryProvider {
    nodes: B256HashMap<Bytes>,
}

impl MemoryProvider {
    /// Adds the pre-image and returns its hash.
    pub fn insert(&mut self, preimage: impl Into<Bytes>) -> B256 {
        let preimage = preimage.into();
        let hash = keccak256(&preimage);
        self.nodes.insert(hash, preimage);
        hash
    }

    /// Takes a node away and returns it.
    pub fn remove(&mut self, hash: &B256) -> Option<Bytes> {
        self.nodes.remove(hash)
    }

    /// The node of this hash.
    pub fn get(&self, hash: &B256) -> Option<&Bytes> {
        self.nodes.get(hash)
    }

    /// All nodes, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&B256, &Bytes)> {
        self.nodes.iter()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

impl TrieProvider for MemoryProvider {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        match self.nodes.get(&hash) {
            Some(node) => Ok(node.clone()),
            None => Err(Box::new(MissingNode(hash))),
        }
    }
}

/// The node of this hash is not in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("node {0} is not there")]
pub struct MissingNode(pub B256);
