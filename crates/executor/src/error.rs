//! What keeps a block from being built.

use alloc::{boxed::Box, string::String};

use alloy_primitives::{Address, B256};
use op_revm::OpTransactionError;
use revm::database_interface::DBErrorMarker;
use tribunal_mpt::{ProviderError, TrieError};

/// Why a block could not be built.
///
/// [`ExecutorError::is_invalid_block`] separates a verdict on the block from a failure to reach one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutorError {
    /// The attributes make no valid block. The state is as it was.
    #[error("invalid block: {0}")]
    InvalidBlock(#[from] InvalidBlock),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The result of a precompiled contract could not be had.
    #[error("precompiled contract {address}: {source}")]
    Precompile {
        /// The contract that was called.
        address: Address,
        /// What the oracle said.
        source: ProviderError,
    },
    /// The parent's header leaves the base fee undefined.
    #[error("the header of the parent {parent}: {reason}")]
    Parent {
        /// Hash of the parent.
        parent: B256,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The virtual machine failed in a way that says nothing about the block.
    #[error("the virtual machine failed: {0}")]
    Machine(String),
    /// An earlier block failed while its changes went into the tries, so that the state is that of no block.
    #[error("the state was left half updated by an earlier failure")]
    HalfUpdated,
}

impl ExecutorError {
    /// Whether the block is invalid, rather than undecided.
    pub const fn is_invalid_block(&self) -> bool {
        matches!(self, Self::InvalidBlock(_))
    }
}

/// How attributes fail to describe a valid block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBlock {
    /// The block is not later than its parent.
    #[error("timestamp {timestamp} is not after the parent's {parent}")]
    Timestamp {
        /// Timestamp of the block.
        timestamp: u64,
        /// Timestamp of the parent.
        parent: u64,
    },
    /// The attributes' fields do not fit the fork.
    #[error("attributes: {0}")]
    Attributes(&'static str),
    /// A transaction is not of a known type or not well encoded.
    #[error("transaction {index} does not decode: {reason}")]
    Encoding {
        /// Index in the block.
        index: usize,
        /// What the decoder says.
        reason: String,
    },
    /// A transaction's signature recovers to no address.
    #[error("transaction {index} has no valid signature")]
    Signature {
        /// Index in the block.
        index: usize,
    },
    /// The block's gas does not suffice for a transaction's gas limit.
    #[error("transaction {index} may use {gas_limit} gas where {available} is left")]
    GasPool {
        /// Index in the block.
        index: usize,
        /// Gas limit of the transaction.
        gas_limit: u64,
        /// What is left of the block's gas.
        available: u64,
    },
    /// A system transaction, which Regolith has abolished.
    #[error("transaction {index} is a system transaction")]
    SystemTransaction {
        /// Index in the block.
        index: usize,
    },
    /// A transaction cannot be executed: nonce, balance, fees and so on.
    #[error("transaction {index} cannot be executed: {reason}")]
    Transaction {
        /// Index in the block.
        index: usize,
        /// Why.
        reason: Box<OpTransactionError>,
    },
    /// The data footprint of the transactions is larger than the gas limit (Jovian).
    #[error("data footprint {footprint} is above the gas limit {gas_limit}")]
    DataFootprint {
        /// Sum over the transactions, in gas.
        footprint: u64,
        /// The block's gas limit.
        gas_limit: u64,
    },
    /// The encoded block is larger than EIP-7934 allows (Karst).
    #[error("the encoded block has {0} bytes")]
    Size(usize),
}

/// Why a part of the state is not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A trie node is missing or malformed.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// Code or a header is missing.
    #[error("{what} {hash}: {source}")]
    Provider {
        /// What was asked for.
        what: &'static str,
        /// Its hash.
        hash: B256,
        /// What the provider said.
        source: ProviderError,
    },
    /// An account or a storage slot in the trie is not encoded as such.
    #[error("malformed {what} under {key}")]
    Malformed {
        /// What should be there.
        what: &'static str,
        /// The hashed key.
        key: B256,
    },
}

impl DBErrorMarker for StateError {}
