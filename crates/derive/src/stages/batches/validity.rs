//! Whether a batch is valid on top of the safe head: checks that both kinds of batches share, and those of singular batches.

use alloy_primitives::Bytes;
use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, batch::SingularBatch};

use super::origins::Origins;

/// EIP-2718 type of deposits.
pub(crate) const DEPOSIT_TX_TYPE: u8 = 0x7e;
/// EIP-2718 type of post-execution transactions, which a later fork adds.
const POST_EXEC_TX_TYPE: u8 = 0x7d;
/// EIP-2718 type of set-code transactions.
const SET_CODE_TX_TYPE: u8 = 4;

/// The validity of a batch. The names are the specification's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    /// Invalid, now and later.
    Drop,
    /// The next batch.
    Accept,
    /// More L1 blocks are needed to decide about the batch. This is not a verdict on the claim.
    Undecided,
    /// Possibly valid later (before Holocene only).
    Future,
    /// At or before the safe head (from Holocene only; before, such a batch is dropped).
    Past,
}

/// Checks a singular batch that was included in the L1 block `inclusion`.
/// See the [specification](https://specs.optimism.io/protocol/derivation.html#batch-queue).
pub(crate) fn check_singular(
    config: &RollupConfig,
    origins: &Origins,
    safe_head: &L2BlockInfo,
    batch: &SingularBatch,
    inclusion: &BlockInfo,
) -> Validity {
    let Some(epoch) = origins.first() else { return Validity::Undecided };
    if let Err(validity) = check_place(config, safe_head, batch, inclusion) {
        return validity;
    }
    if batch.epoch_num.saturating_add(config.seq_window_size) < inclusion.number {
        return refuse("sequencing window has passed");
    }
    let origin = match batch.epoch_num.checked_sub(epoch.number) {
        Some(0) => epoch,
        Some(1) => match origins.second() {
            Some(origin) => origin,
            None => return Validity::Undecided,
        },
        _ => return refuse("epoch is neither that of the safe head nor the next"),
    };
    if batch.epoch_hash != origin.hash {
        return refuse("epoch hash does not match");
    }
    if batch.timestamp < origin.timestamp {
        return refuse("timestamp is before that of the L1 origin");
    }
    if !batch.transactions.is_empty() && excludes_user_transactions(config, batch.timestamp) {
        return refuse("user transactions in the activation block of a fork");
    }
    let advances = origin.number != epoch.number;
    let drift = Drift { origin, next: origins.second(), advances, is_empty: batch.transactions.is_empty() };
    if let Err(validity) = drift.check(config, batch.timestamp) {
        return validity;
    }
    check_transactions(config, batch.timestamp, &batch.transactions)
}

/// Checks that the block of the batch follows the safe head.
fn check_place(
    config: &RollupConfig,
    safe_head: &L2BlockInfo,
    batch: &SingularBatch,
    inclusion: &BlockInfo,
) -> Result<(), Validity> {
    let holocene = config.is_holocene_active(inclusion.timestamp);
    let next_timestamp = safe_head.block_info.timestamp.saturating_add(config.block_time);
    if batch.timestamp > next_timestamp {
        return Err(if holocene { refuse("batch is after the next block") } else { Validity::Future });
    }
    if batch.timestamp < next_timestamp {
        return Err(if holocene { Validity::Past } else { refuse("batch is before the next block") });
    }
    if batch.parent_hash != safe_head.block_info.hash {
        return Err(refuse("parent is not the safe head"));
    }
    Ok(())
}

/// Whether the block at `timestamp` may hold deposits only. For earlier forks, the execution layer enforces it.
fn excludes_user_transactions(config: &RollupConfig, timestamp: u64) -> bool {
    config.is_first_jovian_block(timestamp) || config.is_first_karst_block(timestamp)
}

/// The maximum drift of an L2 block from its L1 origin.
pub(crate) struct Drift<'a> {
    /// The batch's L1 origin.
    pub(crate) origin: &'a BlockInfo,
    /// The L1 block after the origin, if it is known.
    pub(crate) next: Option<&'a BlockInfo>,
    /// Whether the L1 origin of the batch differs from that of its parent.
    pub(crate) advances: bool,
    /// Whether the batch has no transactions.
    pub(crate) is_empty: bool,
}

impl Drift<'_> {
    /// Past the maximum drift only empty batches are valid, and only while the next L1 origin is too new for them.
    pub(crate) fn check(&self, config: &RollupConfig, timestamp: u64) -> Result<(), Validity> {
        let max_drift = config.max_sequencer_drift(self.origin.timestamp);
        if timestamp <= self.origin.timestamp.saturating_add(max_drift) {
            return Ok(());
        }
        if !self.is_empty {
            return Err(refuse("transactions past the maximum sequencer drift"));
        }
        if self.advances {
            return Ok(());
        }
        match self.next {
            None => Err(Validity::Undecided),
            Some(next) if timestamp >= next.timestamp => {
                Err(refuse("past the maximum sequencer drift without the next L1 origin"))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Checks that a batch may hold `transactions`. Execution decides whether they can be executed.
pub(crate) fn check_transactions(config: &RollupConfig, timestamp: u64, transactions: &[Bytes]) -> Validity {
    let isthmus = config.is_isthmus_active(timestamp);
    for transaction in transactions {
        match transaction.first() {
            None => return refuse("empty transaction"),
            Some(&DEPOSIT_TX_TYPE) => return refuse("deposit in a batch"),
            Some(&POST_EXEC_TX_TYPE) => return refuse("post-execution transaction in a batch"),
            Some(&SET_CODE_TX_TYPE) if !isthmus => return refuse("set-code transaction before Isthmus"),
            Some(_) => {}
        }
    }
    Validity::Accept
}

/// [`Validity::Drop`], with the reason in the log.
pub(crate) fn refuse(reason: &'static str) -> Validity {
    tracing::debug!(reason, "batch dropped");
    Validity::Drop
}
