//! The walk along L1, and the system config as of the block it is at.

use tribunal_rollup::{BlockInfo, LogFilter, RollupConfig, SystemConfig};

use crate::{error::DeriveError, providers::ChainProvider};

/// The L1 block that derivation is at.
#[derive(Clone, Debug)]
pub(crate) struct Traversal {
    origin: BlockInfo,
    system_config: SystemConfig,
    /// What the updates of the system config look like.
    updates: LogFilter,
}

impl Traversal {
    /// A walk from `origin`, where `system_config` is in force (the updates of `origin` itself included).
    pub(crate) fn new(config: &RollupConfig, origin: BlockInfo, system_config: SystemConfig) -> Self {
        Self { origin, system_config, updates: config.config_update_filter() }
    }

    /// The L1 block that the walk is at.
    pub(crate) fn origin(&self) -> BlockInfo {
        self.origin
    }

    /// The system config as of that block.
    pub(crate) fn system_config(&self) -> &SystemConfig {
        &self.system_config
    }

    /// Goes to the next L1 block and applies its system config updates. `false` at the L1 head.
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
        Ok(true)
    }
}
