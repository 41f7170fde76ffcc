//! Which blocks a claim about a live chain is about.

use crate::values;

/// The flags that name the blocks.
#[derive(Debug, clap::Args)]
pub(crate) struct BlockFlags {
    /// Number of the first L2 block that is derived. The block before it is agreed on.
    #[arg(long, value_name = "N", value_parser = values::number::<u64>)]
    l2_block: Option<u64>,
    /// Number of the last one, which the claim is about [default: the first].
    #[arg(long, value_name = "M", value_parser = values::number::<u64>)]
    to: Option<u64>,
    /// Number of the L1 block to take as L1 head [default: the first from which the claimed block is safe].
    #[arg(long, value_name = "N", value_parser = values::number::<u64>)]
    l1_block: Option<u64>,
}

/// The blocks of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// The first L2 block that is derived.
    pub(crate) first: u64,
    /// The last one, which the claim is about.
    pub(crate) last: u64,
    /// The L1 head, if it is given.
    pub(crate) l1_head: Option<u64>,
}

impl BlockFlags {
    /// The blocks, if any are named.
    pub(crate) fn blocks(&self) -> Option<Blocks> {
        let first = self.l2_block?;
        Some(Blocks { first, last: self.to.unwrap_or(first), l1_head: self.l1_block })
    }

    /// Flags that contradict each other, as the message of a usage error.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match self.blocks() {
            None if self.to.is_some() => Some("--to needs --l2-block"),
            None if self.l1_block.is_some() => Some("--l1-block needs --l2-block"),
            Some(Blocks { first: 0, .. }) => {
                Some("--l2-block 0: the genesis block is not derived; name block 1 or a later one")
            }
            Some(Blocks { first, last, .. }) if last < first => Some("--to is before --l2-block"),
            _ => None,
        }
    }
}
