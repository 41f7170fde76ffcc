//! Nodes in memory, for tests and generators.

use alloc::boxed::Box;

use alloy_primitives::{B256, Bytes, keccak256, map::B256HashMap};

use crate::{ProviderError, TrieProvider};

/// A set of nodes by hash. The error for a node that it does not hold is [`MissingNode`].
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

    /// Removes a node and returns it.
    pub fn remove(&mut self, hash: &B256) -> Option<Bytes> {
        self.nodes.remove(hash)
    }

    /// The node of this hash.
    pub fn get(&self, hash: &B256) -> Option<&Bytes> {
        self.nodes.get(hash)
    }

    /// All nodes, in any order.
    pub fn iter(&self) -> impl Iterator<Item = (&B256, &Bytes)> {
        self.nodes.iter()
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the set is empty.
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
#[error("node {0} is not in memory")]
pub struct MissingNode(pub B256);
