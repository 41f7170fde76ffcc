//! L1 traversal: walks along L1 and keeps the system config up to date.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#l1-traversal).

use tribunal_rollup::{BlockInfo, LogFilter, RollupConfig, SystemConfig};

use crate::{error::DeriveError, providers::ChainProvider};

/// The L1 block that derivation is at.
#[derive(Clone, Debug)]
pub(crate) struct L1Traversal {
    origin: BlockInfo,
    system_config: SystemConfig,
    /// Whether [`Self::next_l1_block`] has yielded the block.
    done: bool,
    /// Matches the events that update the system config.
    updates: LogFilter,
}

impl L1Traversal {
    /// Starts at `origin`, where `system_config` is in force (updates in `origin` itself included).
    pub(crate) fn new(config: &RollupConfig, origin: BlockInfo, system_config: SystemConfig) -> Self {
        Self { origin, system_config, done: false, updates: config.config_update_filter() }
    }

    /// The L1 block that derivation is at.
    pub(crate) fn origin(&self) -> BlockInfo {
        self.origin
    }

    /// The system config in force at [`Self::origin`].
    pub(crate) fn system_config(&self) -> &SystemConfig {
        &self.system_config
    }

    /// [`Self::origin`], once: `None` until derivation has advanced.
    pub(super) fn next_l1_block(&mut self) -> Option<BlockInfo> {
        let done = core::mem::replace(&mut self.done, true);
        (!done).then_some(self.origin)
    }

    /// Advances to the next L1 block and applies its system config updates. `false` at the L1 head.
    pub(crate) fn advance(
        &mut self,
        config: &RollupConfig,
        l1: &mut impl ChainProvider,
    ) -> Result<bool, DeriveError> {
        let next =
            l1.block_info_by_number(self.origin.number.saturating_add(1)).map_err(DeriveError::provider)?;
        let Some(next) = next else { return Ok(false) };
        if next.parent_hash != self.origin.hash {
            return Err(DeriveError::L1Discontinuity {
                number: next.number,
                parent: next.parent_hash,
                expected: self.origin.hash,
            });
        }
        let header = l1.header_by_hash(next.hash).map_err(DeriveError::provider)?;
        if self.updates.may_match(&header.logs_bloom) {
            let receipts = l1.receipts_by_hash(next.hash).map_err(DeriveError::provider)?;
            self.system_config
                .update_with_receipts(&receipts, config, next.timestamp)
                .map_err(|source| DeriveError::Receipts { block: next.hash, source })?;
        }
        self.origin = next;
        self.done = false;
        Ok(true)
    }
}
