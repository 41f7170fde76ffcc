//! Claims about blocks of a live chain, worked out from what its nodes say.

mod blocks;
mod chains;
mod l1_head;

pub(crate) use blocks::{BlockFlags, Blocks};
pub(crate) use chains::{ConfigPaths, LiveChains};

/// What a command that needs nodes says when none is named.
pub(crate) const MISSING_NODES: &str =
    "nodes are missing: name them with --l1-node-address, --l1-beacon-address and --l2-node-address";
