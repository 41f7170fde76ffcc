//! A config and blocks for the unit tests of the stages.

use alloy_primitives::{B256, address};
use tribunal_rollup::{
    BaseFeeConfig, BlockInfo, BlockNumHash, ChainGenesis, Fork, ForkTimes, L2BlockInfo, RollupConfig,
};

/// Timestamp of the L1 block 0 and of the L2 block 0.
pub(crate) const GENESIS_TIME: u64 = 1000;
/// Seconds between L1 blocks.
pub(crate) const L1_BLOCK_TIME: u64 = 12;

/// A config with all forks up to `fork` active. L2 blocks take 2 seconds.
pub(crate) fn config(fork: Fork) -> RollupConfig {
    RollupConfig {
        genesis: ChainGenesis {
            l1: l1_block(0).id(),
            l2: l2_block(0, 0).block_info.id(),
            l2_time: GENESIS_TIME,
            system_config: Default::default(),
        },
        block_time: 2,
        max_sequencer_drift: 20,
        seq_window_size: 10,
        channel_timeout: 6,
        granite_channel_timeout: 4,
        l1_chain_id: 1,
        l2_chain_id: 10,
        forks: ForkTimes::all_until(fork),
        keep_karst_upgrade_gas: false,
        pectra_blob_schedule_time: None,
        batch_inbox_address: address!("ff00000000000000000000000000000000000010"),
        deposit_contract_address: address!("1000000000000000000000000000000000000001"),
        l1_system_config_address: address!("1000000000000000000000000000000000000002"),
        protocol_versions_address: None,
        superchain_config_address: None,
        chain_op_config: BaseFeeConfig::OPTIMISM,
        alt_da: None,
    }
}

/// L1 block `number` of a chain without gaps.
pub(crate) fn l1_block(number: u64) -> BlockInfo {
    BlockInfo {
        hash: hash(1, number),
        number,
        parent_hash: hash(1, number.wrapping_sub(1)),
        timestamp: GENESIS_TIME + number * L1_BLOCK_TIME,
    }
}

/// L2 block `number` with the L1 origin `origin`.
pub(crate) fn l2_block(number: u64, origin: u64) -> L2BlockInfo {
    L2BlockInfo {
        block_info: BlockInfo {
            hash: hash(2, number),
            number,
            parent_hash: hash(2, number.wrapping_sub(1)),
            timestamp: GENESIS_TIME + number * 2,
        },
        l1_origin: BlockNumHash { number: origin, hash: hash(1, origin) },
        seq_num: 0,
    }
}

fn hash(chain: u8, number: u64) -> B256 {
    let mut hash = B256::repeat_byte(chain);
    hash[..8].copy_from_slice(&number.to_be_bytes());
    hash
}
