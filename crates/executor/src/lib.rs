//! Stateless execution of OP Stack blocks.
//!
//! A fault proof starts with the header of the agreed block, which has the state root, and the attributes of the next
//! block. [`Executor`] builds the block from these: it executes the transactions with op-revm, fetches trie nodes, code
//! and headers from an [`ExecutionProvider`] when execution reads them, and computes the new roots and the header by the
//! rules of the fork. An executor builds one block on top of the other. A [`PrecompileOracle`] can answer calls of
//! precompiled contracts that are too expensive for a fault-proof VM.
//!
//! ```
//! use std::sync::Arc;
//!
//! use alloy_consensus::{Header, Sealable};
//! use alloy_primitives::{B256, Bytes};
//! use op_alloy_rpc_types_engine::OpPayloadAttributes;
//! use tribunal_executor::{ExecutionProvider, Executor, InProcess};
//! use tribunal_mpt::{EMPTY_ROOT, ProviderError, TrieHinter, TrieProvider};
//! use tribunal_rollup::{Fork, ForkTimes, registry};
//!
//! /// The provider of an empty state, which has no nodes.
//! struct Empty;
//!
//! impl TrieProvider for Empty {
//!     fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
//!         Err(format!("no node {hash}").into())
//!     }
//! }
//!
//! /// There is nobody to tell what will be read.
//! impl TrieHinter for Empty {}
//!
//! impl ExecutionProvider for Empty {
//!     fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
//!         Err(format!("no code {hash}").into())
//!     }
//!
//!     fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
//!         Err(format!("no header {hash}").into())
//!     }
//! }
//!
//! let mut config = registry::rollup_config(10).unwrap();
//! config.forks = ForkTimes::all_until(Fork::Canyon);
//! let genesis = Header {
//!     state_root: EMPTY_ROOT,
//!     gas_limit: 30_000_000,
//!     gas_used: 5_000_000, // at the target, so the base fee stays
//!     base_fee_per_gas: Some(1_000),
//!     ..Header::default()
//! };
//! let mut executor = Executor::new(Arc::new(config), Empty, InProcess, genesis.seal_slow());
//!
//! let mut attributes = OpPayloadAttributes { gas_limit: Some(30_000_000), ..Default::default() };
//! attributes.payload_attributes.timestamp = 2;
//! let block = executor.build_block(attributes.clone())?;
//! assert_eq!((block.header.number, block.header.base_fee_per_gas), (1, Some(1_000)));
//!
//! // The same attributes are invalid for the next block: its timestamp must be later.
//! let error = executor.build_block(attributes).unwrap_err();
//! assert!(error.is_invalid_block());
//! # Ok::<_, tribunal_executor::ExecutorError>(())
//! ```
//!
//! # Failure
//!
//! [`ExecutorError::is_invalid_block`] is true if the block is invalid, and false if it is undecided, because a provider or
//! the oracle failed or served malformed data. An invalid block does not change the state.
//!
//! # Trust
//!
//! The executor does not check what the providers serve. Their implementation ensures that it is the pre-image of the hash,
//! or the result of the call.
//!
//! # Features
//!
//! `native` computes signatures and pairings in C and assembly; without it everything is Rust and `no_std`.
#![no_std]

extern crate alloc;

mod ancestors;
mod base_fee;
mod block_state;
mod canyon;
mod code;
mod environment;
mod error;
mod executor;
mod footprint;
mod handler;
mod header;
mod l1_fees;
mod precompiles;
mod provider;
mod receipts;
mod state;
mod transaction;
mod vm;

pub use error::{ExecutorError, InvalidBlock, StateError};
pub use executor::{BuiltBlock, Executor};
pub use provider::{ExecutionProvider, InProcess, PrecompileOracle};
