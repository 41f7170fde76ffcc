//! References to L1 and L2 blocks.

use alloy_primitives::B256;

pub use alloy_eips::BlockNumHash;

/// What derivation needs to know of a block of either chain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BlockInfo {
    /// Hash of the header.
    pub hash: B256,
    /// Block number.
    pub number: u64,
    /// Hash of the parent's header.
    pub parent_hash: B256,
    /// Timestamp in seconds.
    pub timestamp: u64,
}

impl BlockInfo {
    /// Number and hash of the block.
    pub const fn id(&self) -> BlockNumHash {
        BlockNumHash { number: self.number, hash: self.hash }
    }

    /// Number and hash of the parent; the parent of block 0 keeps number 0.
    pub const fn parent_id(&self) -> BlockNumHash {
        BlockNumHash { number: self.number.saturating_sub(1), hash: self.parent_hash }
    }
}

/// An L2 block together with the L1 block that it follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct L2BlockInfo {
    /// The L2 block.
    pub block_info: BlockInfo,
    /// The L1 block whose deposits and attributes the epoch of this block carries.
    pub l1_origin: BlockNumHash,
    /// Distance from the first block of the epoch.
    pub seq_num: u64,
}
