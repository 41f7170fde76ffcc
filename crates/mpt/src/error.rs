//! What can go wrong in a trie.

use alloy_primitives::B256;

use crate::ProviderError;

/// Why a trie operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrieError {
    /// The provider did not serve the node of this hash.
    #[error("trie node {hash} was not served: {source}")]
    Provider {
        /// Hash of the node.
        hash: B256,
        /// The provider's error.
        source: ProviderError,
    },
    /// The pre-image of this hash is not a node that a canonical trie has in this position.
    #[error("trie node {hash} is malformed: {reason}")]
    Malformed {
        /// Hash of the node.
        hash: B256,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A key of this many bytes; tries have keys of at most 32.
    #[error("a trie key has at most 32 bytes, not {0}")]
    KeyTooLong(usize),
}
