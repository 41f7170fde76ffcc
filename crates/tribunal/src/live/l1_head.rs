//! Which L1 block a claim can have as its head.

use alloy_primitives::B256;
use anyhow::{Context, bail};
use std::sync::Arc;
use tribunal_host::BootValues;
use tribunal_rollup::BlockNumHash;
use tribunal_rpc::{L1Block, Output};
use tribunal_runner::{BlockProgress, BlockReport, Cancellation, Native, Progress, decide};

use super::LiveChains;
use crate::{
    output,
    printable::printable,
    steps::{Steps, place},
};

/// L1 blocks after the claimed block's origin that are looked at first. Batches mostly come sooner.
const FIRST_REACH: u64 = 64;

impl LiveChains {
    /// The first L1 block from which the claimed block is safe, by our own derivation.
    ///
    /// A derivation reads L1 blocks in order. So the one at which the claimed block appears is the first whose data suffice,
    /// however far the head is behind it.
    pub(super) fn first_fitting_l1_head(
        &self,
        first: u64,
        claimed: &Output,
        boot: impl Fn(B256) -> BootValues,
        steps: &Steps,
    ) -> anyhow::Result<B256> {
        let origin = self
            .nodes
            .l1_origin(claimed.block, &self.config)
            .with_context(|| format!("the L1 origin of L2 block {}", claimed.block.number))?;
        let (newest, what) = self.newest_l1_block()?;
        let mut reach = FIRST_REACH;
        loop {
            let number = origin.number.saturating_add(reach).min(newest.number);
            let head = self.l1_block(number)?;
            steps.begin(format_args!(
                "looking for the L1 head: L2 block {} in the data up to L1 block {number}",
                claimed.block.number
            ));
            let derived =
                |head| DerivedFrom { steps, first, wanted: claimed.block.number, head, found: None };
            let mut seen = derived(number);
            let host = Arc::new(self.host(boot(head.hash)));
            decide(&Native, &host, &mut seen, &Cancellation::new()).result?;
            // A derived block can be taken back by a later one of its batch, so what was seen is confirmed.
            if let Some(found) = seen.found {
                steps.begin(format_args!("confirming the L1 head: L1 block {}", found.number));
                let host = Arc::new(self.host(boot(found.hash)));
                let decision =
                    decide(&Native, &host, &mut derived(found.number), &Cancellation::new()).result?;
                if decision.evidence.outcome.number == claimed.block.number {
                    return Ok(found.hash);
                }
            }
            if number >= newest.number {
                bail!(
                    "L2 block {} is not safe yet: it does not follow from the data up to L1 block {number}, {what}",
                    claimed.block.number
                );
            }
            reach = reach.saturating_mul(4);
        }
    }

    /// The newest L1 block that is final, and what to call it. If nodes have none, the newest at all, with a warning.
    fn newest_l1_block(&self) -> anyhow::Result<(BlockNumHash, &'static str)> {
        let why = match self.nodes.l1_block(L1Block::Finalized) {
            Ok(Some(block)) => return Ok((block, "the newest that is final")),
            Ok(None) => "the L1 node has none".to_owned(),
            Err(error) => error.to_string(),
        };
        output::warning(format_args!(
            "no L1 block is known to be final ({}): a claim about the newest ones may become void",
            printable(why)
        ));
        let newest = self.nodes.l1_block(L1Block::Latest).context("the newest L1 block")?;
        Ok((newest.context("the L1 node has no blocks")?, "the newest"))
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
struct DerivedFrom<'a> {
    steps: &'a Steps,
    /// The first L2 block that is derived.
    first: u64,
    /// The last one.
    wanted: u64,
    /// The L1 head.
    head: u64,
    found: Option<BlockNumHash>,
}

impl BlockProgress for DerivedFrom<'_> {
    fn block(&mut self, block: &BlockReport) {
        tracing::info!(number = block.number, l1 = block.derived_from.number, "derived block");
        self.steps.update(format_args!(
            "looking for the L1 head: L1 block {} of {}, L2 block {} of {}",
            block.derived_from.number,
            self.head,
            place(block.number, self.first),
            place(self.wanted, self.first)
        ));
        if block.number == self.wanted {
            let from = &block.derived_from;
            self.found = Some(BlockNumHash { number: from.number, hash: from.hash });
        }
    }
}

impl Progress for DerivedFrom<'_> {}
