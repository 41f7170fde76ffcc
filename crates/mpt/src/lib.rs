//! A sparse Merkle-Patricia trie whose nodes are fetched on demand.
//!
//! A fault proof starts from a state root and nothing else. [`Trie`] is opened from such a root, asks a
//! [`TrieProvider`] for exactly the nodes that a read or a change walks through, and hashes again only what changed.
//! [`ordered`] does the same for the lists of a block (transactions, receipts, withdrawals), which are tries keyed by
//! the RLP of the index. The crate hashes no keys: callers pass `keccak256(address)` or `keccak256(slot)`.
//!
//! ```
//! use alloy_primitives::{Bytes, keccak256};
//! use tribunal_mpt::{MemoryProvider, Trie};
//!
//! # fn main() -> Result<(), tribunal_mpt::TrieError> {
//! let mut nodes = MemoryProvider::default();
//! let mut trie = Trie::new();
//! for name in ["alice", "bob", "carol"] {
//!     trie.insert(keccak256(name).as_slice(), Bytes::from(name), &nodes)?;
//! }
//! let root = trie.root_with(|_, rlp| {
//!     nodes.insert(rlp.to_vec());
//! });
//!
//! // Another party knows the root alone, and pays for the nodes on one path.
//! let mut opened = Trie::from_root(root);
//! assert_eq!(opened.get(keccak256("bob").as_slice(), &nodes)?.map(|value| &value[..]), Some(&b"bob"[..]));
//! opened.delete(keccak256("carol").as_slice(), &nodes)?;
//! assert_ne!(opened.root(), root);
//! # Ok(())
//! # }
//! ```
//!
//! # Failure
//!
//! Every operation returns [`TrieError`]: the provider could not serve a node (the error names its hash), or the
//! bytes it served are not a node as a canonical trie has it. Nothing panics on what a provider returns. An operation
//! that fails has changed no content, so that it can be repeated once the node is there.
//!
//! # Trust
//!
//! Pre-images are taken as served: whoever implements [`TrieProvider`] answers for `keccak256(preimage) == hash`.
#![no_std]

extern crate alloc;

mod decode;
mod encode;
mod error;
mod memory;
mod node;
pub mod ordered;
mod path;
mod provider;
mod trie;

pub use error::TrieError;
pub use memory::{MemoryProvider, MissingNode};
pub use provider::{NoopTrieHinter, ProviderError, TrieHinter, TrieProvider};
pub use trie::{EMPTY_ROOT, Trie};
