//! The outcome of a claim.

use alloy_primitives::B256;

use crate::boot::BootInfo;

/// The block that decides a claim, and the work that was needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Number of the deciding block: the claimed block, or the last block that can be derived.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its output root.
    pub output_root: B256,
    /// Gas used by all blocks that were executed.
    pub gas_used: u64,
    /// L1 headers read.
    pub l1_blocks: u64,
    /// L2 blocks from the agreed block (exclusive) to the deciding one.
    pub l2_blocks: u64,
}

/// The decision on a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the claim is true.
    pub valid: bool,
    /// The claimed output root.
    pub claimed_root: B256,
    /// The claimed block number.
    pub claimed_number: u64,
    /// The computed block.
    pub outcome: Outcome,
}

impl Verdict {
    /// The claim is true if its root equals the computed one.
    pub(crate) fn compare(boot: &BootInfo, outcome: Outcome) -> Self {
        Self::new(boot, boot.claimed_output_root == outcome.output_root, outcome)
    }

    /// The claim is about a block before the agreed one: false with any root.
    pub(crate) fn before_agreed(boot: &BootInfo, outcome: Outcome) -> Self {
        Self::new(boot, false, outcome)
    }

    fn new(boot: &BootInfo, valid: bool, outcome: Outcome) -> Self {
        Self {
            valid,
            claimed_root: boot.claimed_output_root,
            claimed_number: boot.claimed_block_number,
            outcome,
        }
    }
}
