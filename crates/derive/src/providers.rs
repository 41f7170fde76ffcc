//! The traits through which the pipeline reads L1 blocks, blobs and earlier L2 blocks.
//!
//! After an error of a provider the claim is undecided. An error never makes data invalid.

use alloc::{boxed::Box, vec::Vec};

use alloy_consensus::Header;
use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use tribunal_rollup::{BlockInfo, L2BlockInfo, SystemConfig};

use crate::error::ProviderError;

/// The L1 chain up to the L1 head of the claim.
pub trait ChainProvider {
    /// The header of the L1 block `hash`.
    fn header_by_hash(&mut self, hash: B256) -> Result<Header, ProviderError>;

    /// The canonical L1 block `number`, `None` past the L1 head.
    fn block_info_by_number(&mut self, number: u64) -> Result<Option<BlockInfo>, ProviderError>;

    /// The receipts of the L1 block `hash` in order, each an EIP-2718 envelope. Read only if the logs bloom of the
    /// header may contain a deposit or a system config update.
    fn receipts_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError>;

    /// The transactions of the L1 block `hash` in order, each an EIP-2718 envelope (blob transactions without sidecar).
    fn transactions_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError>;
}

/// The L2 chain up to the safe head (before Holocene: up to the pending safe head).
pub trait L2ChainProvider {
    /// Hashes, number, time and L1 origin of block `number`.
    fn l2_block_info_by_number(&mut self, number: u64) -> Result<L2BlockInfo, ProviderError>;

    /// The transactions of block `number` in order, deposits included, each an EIP-2718 envelope.
    fn l2_block_transactions(&mut self, number: u64) -> Result<Vec<Bytes>, ProviderError>;

    /// The system config in force after block `number`, read from its L1 attributes and header.
    fn system_config_by_number(&mut self, number: u64) -> Result<SystemConfig, ProviderError>;
}

/// The blobs of L1.
pub trait BlobProvider {
    /// The blob `versioned_hash` of the L1 block `block`; `index` counts all blobs of the block in order.
    fn get_blob(
        &mut self,
        block: &BlockInfo,
        versioned_hash: B256,
        index: u64,
    ) -> Result<Box<Blob>, ProviderError>;
}
