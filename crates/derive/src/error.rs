//! The crate's error.

use alloc::boxed::Box;

use alloy_primitives::B256;
use tribunal_rollup::RollupError;

/// Why a provider could not answer. It says nothing about whether the claim is true.
pub type ProviderError = Box<dyn core::error::Error + Send + Sync + 'static>;

/// Why derivation stops.
///
/// Batcher data never causes an error: bad batcher data is dropped. After any error the next L2 block is unknown, and
/// so the claim is undecided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeriveError {
    /// A provider failed.
    #[error("provider failed: {0}")]
    Provider(#[source] ProviderError),
    /// The provider could not answer about the L1 block of the genesis.
    #[error("cannot read the L1 block that the rollup config names in genesis.l1.hash: {0}")]
    GenesisHeader(#[source] ProviderError),
    /// A transaction of an L1 block is malformed, so the block is not part of a valid L1 chain.
    #[error("transaction {index} of L1 block {block} is malformed: {reason}")]
    L1Transaction {
        /// Hash of the L1 block.
        block: B256,
        /// Index of the transaction in the block.
        index: usize,
        /// What is wrong with it.
        reason: alloy_rlp::Error,
    },
    /// The provider's next L1 block does not build on the last one.
    #[error("L1 block {number} has parent {parent}, expected {expected}")]
    L1Discontinuity {
        /// Number of the next L1 block.
        number: u64,
        /// Its parent hash.
        parent: B256,
        /// The hash of the last L1 block.
        expected: B256,
    },
    /// A receipt is malformed, or the portal emitted a deposit that cannot be decoded. Deposits may not be left out.
    #[error("receipts of L1 block {block}: {source}")]
    Receipts {
        /// Hash of the L1 block.
        block: B256,
        /// What is wrong.
        source: RollupError,
    },
    /// The L1 attributes deposit cannot be made.
    #[error("L1 attributes of L1 block {block}: {source}")]
    L1Info {
        /// Hash of the L1 block.
        block: B256,
        /// What is wrong.
        source: RollupError,
    },
    /// A batch that passed all checks does not follow the L2 block that it was checked against.
    #[error("batch with L1 origin {origin} does not follow L2 block {parent}: {reason}")]
    Misfit {
        /// Hash of the batch's L1 origin.
        origin: B256,
        /// Hash of the L2 block.
        parent: B256,
        /// What differs.
        reason: &'static str,
    },
    /// The safe head that the caller passed contradicts the data that the pipeline has read.
    #[error("safe head {safe_head} (L1 origin {l1_origin}) contradicts the pipeline: {reason}")]
    SafeHead {
        /// Number of the safe head.
        safe_head: u64,
        /// Number of its L1 origin.
        l1_origin: u64,
        /// The contradiction.
        reason: &'static str,
    },
    /// An L1 block contradicts the genesis of the rollup config.
    #[error("{0}")]
    Genesis(#[source] RollupError),
    /// The upgrade transactions of a fork cannot be made.
    #[error("{0}")]
    Upgrades(#[source] RollupError),
    /// The rollup config needs a feature that this pipeline does not have.
    #[error("{0}")]
    Unsupported(#[source] RollupError),
}

impl DeriveError {
    /// For `map_err` on a provider's result.
    pub(crate) fn provider(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}
