//! The crate's error.

use alloc::{boxed::Box, string::String};

use alloy_primitives::{Address, B256};
use op_revm::OpTransactionError;
use revm::database_interface::DBErrorMarker;
use tribunal_mpt::{ProviderError, TrieError};

/// Why a block could not be built.
///
/// [`ExecutorError::is_invalid_block`] tells whether the block is invalid or undecided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecutorError {
    /// The attributes do not make a valid block. The state has not changed.
    #[error("invalid block: {0}")]
    InvalidBlock(#[from] InvalidBlock),
    /// The state could not be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The oracle did not answer a call of a precompiled contract.
    #[error("precompiled contract {address}: {source}")]
    Precompile {
        /// The contract that was called.
        address: Address,
        /// The oracle's error.
        source: ProviderError,
    },
    /// The base fee cannot be computed from the parent's header.
    #[error("the header of the parent {parent}: {reason}")]
    Parent {
        /// Hash of the parent.
        parent: B256,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The EVM failed for a reason that does not make the block invalid.
    #[error("the EVM failed: {0}")]
    Machine(String),
    /// An earlier block failed while its changes were applied to the tries, so the state is that of no block.
    #[error("an earlier failure left the state half updated: make a new executor")]
    HalfUpdated,
}

impl ExecutorError {
    /// Whether the block is invalid, rather than undecided.
    pub const fn is_invalid_block(&self) -> bool {
        matches!(self, Self::InvalidBlock(_))
    }
}

/// Why attributes do not make a valid block.
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
    /// A field of the attributes is missing, or not allowed in the fork.
    #[error("attributes: {0}")]
    Attributes(&'static str),
    /// A transaction has an unknown type or a malformed encoding.
    #[error("transaction {index} cannot be decoded: {reason}")]
    Encoding {
        /// Index in the block.
        index: usize,
        /// The decoder's error.
        reason: String,
    },
    /// No address can be recovered from the signature of a transaction.
    #[error("transaction {index} has no valid signature")]
    Signature {
        /// Index in the block.
        index: usize,
    },
    /// The gas limit of a transaction is above the block's remaining gas.
    #[error("transaction {index} has gas limit {gas_limit}, and the block has {available} gas left")]
    GasPool {
        /// Index in the block.
        index: usize,
        /// Gas limit of the transaction.
        gas_limit: u64,
        /// The block's remaining gas.
        available: u64,
    },
    /// A system transaction, which no block holds from Regolith.
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
    #[error("the encoded block has {0} bytes, more than EIP-7934 allows")]
    Size(usize),
}

/// Why a part of the state could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A trie node is missing or malformed.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// Code or a header is missing.
    #[error("{what} {hash}: {source}")]
    Provider {
        /// Code or header.
        what: &'static str,
        /// Its hash.
        hash: B256,
        /// The provider's error.
        source: ProviderError,
    },
    /// An account or a storage slot in the trie has a malformed encoding.
    #[error("malformed {what} under the hashed key {key}")]
    Malformed {
        /// Account or storage slot.
        what: &'static str,
        /// The hashed key.
        key: B256,
    },
}

impl DBErrorMarker for StateError {}
