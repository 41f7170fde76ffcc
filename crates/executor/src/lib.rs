//! Stateless execution of OP Stack blocks.
//!
//! A fault proof knows the header of the agreed block and the attributes of the next one, and nothing of the state but
//! its root. [`Executor`] builds the block from these: it runs the transactions on op-revm, fetches trie nodes, code and
//! headers from an [`ExecutionProvider`] as the execution touches them, and computes the new roots and the header that
//! the fork in force prescribes. Blocks follow each other on one executor. Precompiled contracts that are too expensive
//! for a fault-proof VM can be answered by a [`PrecompileOracle`].
//!
//! ```
//! use std::sync::Arc;
//!
//! use alloy_consensus::{Header, Sealable};
//! use alloy_primitives::{B256, Bytes};
//! use op_alloy_rpc_types_engine::OpPayloadAttributes;
//! use tribunal_executor::{ExecutionProvider, Executor, InProcess};
//! use tribunal_mpt::{EMPTY_ROOT, ProviderError, TrieProvider};
//! use tribunal_rollup::{Fork, ForkTimes, registry};
//!
//! /// Knows nothing, which is all there is to know of an empty state.
//! struct Nothing;
//!
//! impl TrieProvider for Nothing {
//!     fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
//!         Err(format!("node {hash} is not there").into())
//!     }
//! }
//!
//! impl ExecutionProvider for Nothing {
//!     fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
//!         Err(format!("code {hash} is not there").into())
//!     }
//!
//!     fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
//!         Err(format!("header {hash} is not there").into())
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
//! let mut executor = Executor::new(Arc::new(config), Nothing, InProcess, genesis.seal_slow());
//!
//! let mut attributes = OpPayloadAttributes { gas_limit: Some(30_000_000), ..Default::default() };
//! attributes.payload_attributes.timestamp = 2;
//! let block = executor.build_block(attributes.clone())?;
//! assert_eq!((block.header.number, block.header.base_fee_per_gas), (1, Some(1_000)));
//!
//! // The same attributes do not make a block on top: time must pass.
//! let error = executor.build_block(attributes).unwrap_err();
//! assert!(error.is_invalid_block());
//! # Ok::<_, tribunal_executor::ExecutorError>(())
//! ```
//!
//! # Failure
//!
//! [`ExecutorError::is_invalid_block`] tells a block that is invalid, for whatever reason, from one that could not be
//! decided because a provider or the oracle failed or served garbage. An invalid block leaves the state as it was.
//!
//! # Trust
//!
//! Whoever implements the providers answers for what they serve: that it is the pre-image of the hash, or the result of
//! the call.
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
