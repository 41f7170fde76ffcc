//! Where on L1 derivation begins.

use tribunal_rollup::{BlockInfo, L2BlockInfo, RollupConfig, SystemConfig};

use crate::{
    error::DeriveError,
    providers::{ChainProvider, L2ChainProvider},
};

/// Finds the L1 block at which to start so that no channel is missed that can hold a batch for the block after
/// `safe_head`: the L1 origin of the last L2 block whose origin lies a channel timeout behind that of the safe head.
/// Returns it with the system config in force there.
///
/// See the [specification](https://specs.optimism.io/protocol/derivation.html#resetting-the-pipeline).
pub(crate) fn find_start(
    config: &RollupConfig,
    safe_head: &L2BlockInfo,
    l1: &mut impl ChainProvider,
    l2: &mut impl L2ChainProvider,
) -> Result<(BlockInfo, SystemConfig), DeriveError> {
    let mut block = *safe_head;
    let mut origin = origin_of(&block, l1)?;
    while block.block_info.number > config.genesis.l2.number
        && block.l1_origin.number > config.genesis.l1.number
        && block.l1_origin.number.saturating_add(config.channel_timeout(origin.timestamp))
            > safe_head.l1_origin.number
    {
        // All blocks of an epoch share the origin: straight on to the last block of the epoch before.
        let distance = block.seq_num.saturating_add(1);
        let number = block.block_info.number.saturating_sub(distance).max(config.genesis.l2.number);
        block = l2.l2_block_info_by_number(number).map_err(DeriveError::provider)?;
        origin = origin_of(&block, l1)?;
    }
    let system_config = l2.system_config_by_number(block.block_info.number).map_err(DeriveError::provider)?;
    Ok((origin, system_config))
}

fn origin_of(block: &L2BlockInfo, l1: &mut impl ChainProvider) -> Result<BlockInfo, DeriveError> {
    let hash = block.l1_origin.hash;
    let header = l1.header_by_hash(hash).map_err(DeriveError::provider)?;
    Ok(BlockInfo {
        hash,
        number: header.number,
        parent_hash: header.parent_hash,
        timestamp: header.timestamp,
    })
}
