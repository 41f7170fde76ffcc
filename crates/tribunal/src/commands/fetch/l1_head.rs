//! Which L1 block a claim can have as its head.

use alloy_primitives::B256;
use anyhow::{Context, bail};
use tribunal_host::BootValues;
use tribunal_rollup::BlockNumHash;
use tribunal_rpc::{L1Block, Output};
use tribunal_runner::{BlockProgress, BlockReport, Cancellation, Native, Progress, Work, decide};

use super::Session;
use crate::output;

/// L1 blocks after the claimed block's origin that are looked at first. Batches mostly come sooner.
const FIRST_REACH: u64 = 64;

impl Session<'_> {
    /// The first L1 block from which the claimed block is safe, by our own derivation.
    ///
    /// A derivation reads L1 blocks in order. So the one at which the claimed block appears is the first whose data suffice,
    /// however far the head is behind it.
    pub(super) fn first_fitting_l1_head(
        &self,
        claimed: &Output,
        boot: impl Fn(B256) -> BootValues,
    ) -> anyhow::Result<B256> {
        let origin = self
            .nodes
            .l1_origin(claimed.block, &self.config)
            .with_context(|| format!("the L1 origin of L2 block {}", claimed.block.number))?;
        let newest = self.newest_l1_block()?;
        let mut reach = FIRST_REACH;
        loop {
            let number = origin.number.saturating_add(reach).min(newest.number);
            let head = self.l1_block(number)?;
            output::message(format_args!(
                "looking for L2 block {} in the data up to L1 block {number}",
                claimed.block.number
            ));
            let mut seen = DerivedFrom { wanted: claimed.block.number, found: None };
            decide(&Native, &self.host(boot(head.hash)), &mut seen, &Cancellation::new()).result?;
            match seen.found {
                Some(found) => return Ok(found.hash),
                None if number >= newest.number => bail!(
                    "L2 block {} is not safe yet: it does not follow from the data up to L1 block {number}, the newest \
                     that is final",
                    claimed.block.number
                ),
                None => reach = reach.saturating_mul(4),
            }
        }
    }

    /// The newest L1 block that is final, or the newest at all on a chain that finalizes nothing.
    fn newest_l1_block(&self) -> anyhow::Result<BlockNumHash> {
        let asked = "the newest L1 block";
        // A node without a final block answers with an error or with nothing.
        if let Ok(Some(block)) = self.nodes.l1_block(L1Block::Finalized) {
            return Ok(block);
        }
        self.nodes.l1_block(L1Block::Latest).context(asked)?.context("the L1 node has no blocks")
    }

    /// The L1 block with this number.
    pub(super) fn l1_block(&self, number: u64) -> anyhow::Result<BlockNumHash> {
        let asked = || format!("L1 block {number}");
        self.nodes
            .l1_block(L1Block::Number(number))
            .with_context(asked)?
            .with_context(|| format!("the L1 node has no block {number}"))
    }
}

/// Notes the L1 block whose data completed a block.
struct DerivedFrom {
    wanted: u64,
    found: Option<BlockNumHash>,
}

impl BlockProgress for DerivedFrom {
    fn block(&mut self, block: &BlockReport) {
        tracing::info!(number = block.number, l1 = block.derived_from.number, "derived block");
        if block.number == self.wanted {
            let from = &block.derived_from;
            self.found = Some(BlockNumHash { number: from.number, hash: from.hash });
        }
    }
}

impl Progress for DerivedFrom {
    fn work(&mut self, _: &Work) {}
}
