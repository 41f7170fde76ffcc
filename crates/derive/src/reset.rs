//! Resets the pipeline: finds the L1 block at which derivation starts.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#resetting-the-pipeline).

use alloy_consensus::Header;
use alloy_primitives::B256;
use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, SystemConfig, updates_batcher};

use crate::{
    error::DeriveError,
    providers::{ChainProvider, L2ChainProvider},
};

/// The L1 block one channel timeout before the L1 origin of `safe_head`, and the system config in force there. No
/// older channel can hold a batch for the block after `safe_head`.
///
/// The reference walks L2 back to the last block with that L1 origin, and takes the system config from it. Every L1
/// block is the origin of some L2 block, so a walk along L1 finds the same block. Of the system config, derivation
/// needs only the batcher's address here. If no L1 block in between changes that, it is the one at the safe head, and
/// hundreds of L2 blocks need not be read.
pub(crate) fn find_start(
    config: &RollupConfig,
    safe_head: &L2BlockInfo,
    l1: &mut impl ChainProvider,
    l2: &mut impl L2ChainProvider,
) -> Result<(BlockInfo, SystemConfig), DeriveError> {
    let updates = config.config_update_filter();
    let (mut origin, mut header) = origin(config, safe_head.l1_origin.hash, l1)?;
    let mut same_batcher = true;
    while origin.number > config.genesis.l1.number
        && origin.number.saturating_add(config.channel_timeout(origin.timestamp)) > safe_head.l1_origin.number
    {
        if same_batcher && updates.may_match(&header.logs_bloom) {
            let receipts = l1.receipts_by_hash(origin.hash).map_err(DeriveError::provider)?;
            let failed = |source| DeriveError::Receipts { block: origin.hash, source };
            same_batcher = !updates_batcher(&receipts, config).map_err(failed)?;
        }
        (origin, header) = self::origin(config, origin.parent_hash, l1)?;
    }
    let block =
        if same_batcher { safe_head.block_info.number } else { last_of_epoch(&origin, safe_head, l2)? };
    let system_config = l2.system_config_by_number(block).map_err(DeriveError::provider)?;
    Ok((origin, system_config))
}

/// The number of the last L2 block with the L1 origin `origin`, or an earlier one.
fn last_of_epoch(
    origin: &BlockInfo,
    safe_head: &L2BlockInfo,
    l2: &mut impl L2ChainProvider,
) -> Result<u64, DeriveError> {
    let mut block = *safe_head;
    while block.l1_origin.number > origin.number {
        // All blocks of an epoch share the L1 origin, so go to the last block of the epoch before.
        let Some(number) = block.block_info.number.checked_sub(block.seq_num.saturating_add(1)) else {
            break;
        };
        block = l2.l2_block_info_by_number(number).map_err(DeriveError::provider)?;
    }
    Ok(block.block_info.number)
}

/// The L1 block with hash `hash`. It is checked against the genesis of `config`, which may end the walk.
fn origin(
    config: &RollupConfig,
    hash: B256,
    l1: &mut impl ChainProvider,
) -> Result<(BlockInfo, Header), DeriveError> {
    let header = l1.header_by_hash(hash).map_err(|error| match hash == config.genesis.l1.hash {
        true => DeriveError::GenesisHeader(error),
        false => DeriveError::provider(error),
    })?;
    let info = BlockInfo {
        hash,
        number: header.number,
        parent_hash: header.parent_hash,
        timestamp: header.timestamp,
    };
    config.require_l1_block(&info).map_err(DeriveError::Genesis)?;
    Ok((info, header))
}
