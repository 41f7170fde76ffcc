//! Every pre-image that a claim about the devnet may need.

use alloy_primitives::{B256, Bytes, keccak256};
use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
use tribunal_mpt::{ProviderError, Trie, TrieProvider, ordered};
use tribunal_preimage::PreimageKey;

/// A shared collection: the chains, the executor's state and the precompile recorder all write to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preimages(Rc<RefCell<BTreeMap<PreimageKey, Bytes>>>);

impl Preimages {
    /// Adds the pre-image of `key`.
    pub(crate) fn insert(&self, key: PreimageKey, value: impl Into<Bytes>) {
        self.0.borrow_mut().insert(key, value.into());
    }

    /// Adds a Keccak-256 pre-image. Returns its hash.
    pub(crate) fn keccak(&self, value: impl Into<Bytes>) -> B256 {
        let value = value.into();
        let hash = keccak256(&value);
        self.insert(PreimageKey::new_keccak256(hash.0), value);
        hash
    }

    /// The Keccak-256 pre-image of `hash`.
    pub(crate) fn find(&self, hash: B256) -> Option<Bytes> {
        self.0.borrow().get(&PreimageKey::new_keccak256(hash.0)).cloned()
    }

    /// Adds the nodes of the ordered trie of `items`. Returns its root.
    pub(crate) fn ordered_trie(&self, items: &[Bytes]) -> B256 {
        ordered::root_with(items, |_, node| {
            self.keccak(node.to_vec());
        })
    }

    /// Adds the changed nodes of `trie`. Returns its root.
    pub(crate) fn trie_root(&self, trie: &mut Trie) -> B256 {
        trie.root_with(|_, node| {
            self.keccak(node.to_vec());
        })
    }

    /// The number of pre-images.
    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// All pre-images, sorted by key.
    pub(crate) fn to_records(&self) -> Vec<(PreimageKey, Bytes)> {
        self.0.borrow().iter().map(|(key, value)| (*key, value.clone())).collect()
    }
}

/// A node was read that was never written.
#[derive(Debug, thiserror::Error)]
#[error("no pre-image of {0} was written")]
pub(crate) struct NeverWritten(B256);

impl TrieProvider for Preimages {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        Ok(self.find(hash).ok_or(NeverWritten(hash))?)
    }
}
