//! The crate's error.

use alloc::{boxed::Box, string::String};
use alloy_primitives::B256;
use thiserror::Error;
use tribunal_derive::DeriveError;
use tribunal_executor::ExecutorError;
use tribunal_mpt::{ProviderError, TrieError};
use tribunal_preimage::PreimageOracleError;
use tribunal_rollup::RollupError;

/// Why a claim could not be decided. None of these says anything about whether the claim is true.
#[derive(Debug, Error)]
pub enum ProofError {
    /// The oracle could not answer; the inner error names the key.
    #[error(transparent)]
    Oracle(#[from] PreimageOracleError),
    /// A provider on top of the oracle failed.
    #[error("{0}")]
    Provider(#[source] ProviderError),
    /// A local key (boot value) holds an invalid value.
    #[error("boot value {name} (local key {index}): {reason}")]
    Boot {
        /// Name of the value.
        name: &'static str,
        /// The local key's number.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The program does not know a chain, and the oracle has no config for it.
    #[error("{reason} (local key {index}): {source}")]
    NoConfig {
        /// The chain and the config that is needed.
        reason: Box<RollupError>,
        /// The local key's number.
        index: u64,
        /// The oracle's answer.
        source: PreimageOracleError,
    },
    /// The configs contradict each other, the claim or the agreed block, or schedule a fork that this program does not
    /// know.
    #[error(transparent)]
    Config(RollupError),
    /// A header, a transaction or another item is malformed. `hash` commits to it.
    #[error("malformed {what} behind {hash}: {reason}")]
    Malformed {
        /// The kind of item.
        what: &'static str,
        /// The hash that commits to it.
        hash: B256,
        /// What is wrong with it.
        reason: String,
    },
    /// The agreed output root contradicts the block that it names.
    #[error("the agreed output root {output_root} contradicts its block {block}: {reason}")]
    AgreedOutput {
        /// The agreed output root.
        output_root: B256,
        /// The block it names.
        block: B256,
        /// The contradiction.
        reason: String,
    },
    /// The program needed a block above the safe head.
    #[error("L2 block {asked} is above the safe head {head}")]
    PastSafeHead {
        /// Number of the block.
        asked: u64,
        /// Number of the safe head.
        head: u64,
    },
    /// A transactions or receipts trie could not be read.
    #[error("{what} of block {block}: {source}")]
    Trie {
        /// Which trie.
        what: &'static str,
        /// The block it belongs to.
        block: B256,
        /// What went wrong.
        source: TrieError,
    },
    /// Derivation stopped.
    #[error("derivation: {0}")]
    Derive(#[source] DeriveError),
    /// A block of deposits only cannot be executed: no block can follow, and the claim is undecided.
    #[error("block {number} cannot be executed with its deposits only: {source}")]
    DepositsOnly {
        /// The block's number.
        number: u64,
        /// Why.
        source: ExecutorError,
    },
    /// Execution failed, and not because the block is invalid.
    #[error("execution of block {number}: {source}")]
    Execution {
        /// The block's number.
        number: u64,
        /// Why.
        source: ExecutorError,
    },
}

impl From<ProviderError> for ProofError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl ProofError {
    /// The oracle's error that caused this one, if there is one.
    pub fn oracle_error(&self) -> Option<&PreimageOracleError> {
        let mut cause: Option<&(dyn core::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(oracle) = error.downcast_ref::<PreimageOracleError>() {
                return Some(oracle);
            }
            if let Some(Self::Oracle(oracle)) = error.downcast_ref::<Self>() {
                return Some(oracle);
            }
            cause = error.source();
        }
        None
    }
}
