//! Claims about blocks of a live chain, worked out from what its nodes say.

mod blocks;
mod chains;
mod l1_head;

pub(crate) use blocks::{BlockFlags, Blocks};
pub(crate) use chains::{ConfigPaths, LiveChains};
