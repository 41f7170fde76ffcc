//! What can stop the program before it reaches a verdict.

use alloc::string::String;
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
    /// A local key (boot value) does not hold what it should.
    #[error("boot value {name} (local key {index}): {reason}")]
    Boot {
        /// What the value is.
        name: &'static str,
        /// The local key's number.
        index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The registry has the chain, and it cannot be derived.
    #[error(transparent)]
    Chain(RollupError),
    /// A header, transaction or other RLP item that is committed to by `hash` is malformed.
    #[error("malformed {what} behind {hash}: {reason}")]
    Malformed {
        /// What was to be decoded.
        what: &'static str,
        /// The hash that commits to it.
        hash: B256,
        /// What is wrong with it.
        reason: String,
    },
    /// The agreed output root is not the root of the block it names.
    #[error("the agreed output root {output_root} does not fit its block {block}: {reason}")]
    AgreedOutput {
        /// The agreed output root.
        output_root: B256,
        /// The block it names.
        block: B256,
        /// What does not fit.
        reason: String,
    },
    /// A block number was asked for that lies above the known head.
    #[error("L2 block {asked} is past the safe head {head}")]
    PastSafeHead {
        /// The number asked for.
        asked: u64,
        /// The highest known number.
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
    /// A block of deposits alone does not execute: the chain cannot go on, and neither can a verdict.
    #[error("the deposits-only block {number} does not execute: {source}")]
    DepositsOnly {
        /// The block's number.
        number: u64,
        /// Why.
        source: ExecutorError,
    },
    /// Execution could not be carried out (not: the block is invalid).
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
    /// The oracle's error at the bottom of this one, if the oracle is to blame.
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
