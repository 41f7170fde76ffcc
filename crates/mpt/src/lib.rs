//! A sparse Merkle-Patricia trie whose nodes are fetched on demand.
//!
//! A fault proof starts from a state root. [`Trie`] is opened from that root, reads from a [`TrieProvider`] only the nodes
//! on the path of a read or a change, and hashes only nodes that changed. [`ordered`] does the same for the lists of a
//! block (transactions, receipts, withdrawals), which are tries keyed by the RLP of the index. The crate does not hash
//! keys: callers pass `keccak256(address)` or `keccak256(slot)`.
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
//! // Another party knows only the root, and reads the nodes on one path.
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
//! Every operation can fail with [`TrieError`]: the provider could not serve a node (the error names its hash), or the
//! bytes that it served are not a canonical node. No bytes of a provider cause a panic. An operation that fails has not
//! changed the trie, so it can be repeated when the node is available.
//!
//! # Trust
//!
//! The crate does not check pre-images: the implementation of [`TrieProvider`] ensures that `keccak256(preimage) == hash`.
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
