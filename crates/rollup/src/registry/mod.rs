//! The configs of well-known chains.
//!
//! The facts are those of the superchain registry, as the OP Stack's release [`REVISION`] carries it:
//! `conformance/generate` writes the rows in `chains`. A chain of the registry that cannot be derived has a row too, with
//! the reason.
//!
//! Base left the registry in April 2026. The rows of its two chains are those of the last revision that has them. Forks
//! that Base has scheduled since are missing. So the rows end at that revision: a claim about a later block is refused,
//! and needs a config of its own.

mod chains;
mod names;
#[cfg(test)]
mod tests;

use alloy_primitives::{Address, B256, U256};

use self::chains::SUPERCHAINS;
pub use self::chains::{REVISION, REVISION_DATE, REVISION_TIME};
pub(crate) use self::names::chain_id;
use crate::{
    BaseFeeConfig, BlockNumHash, ChainGenesis, Fork, ForkTimes, L1ChainConfig, RollupConfig, RollupError,
    SystemConfig, UnknownFork, config::CHANNEL_TIMEOUT_GRANITE,
};

/// L1 blocks that a channel stays open before Granite, on every registered chain.
const CHANNEL_TIMEOUT_BEDROCK: u64 = 300;

/// The chains on one L1 that share contracts.
struct Superchain {
    l1_chain_id: u64,
    protocol_versions: Option<Address>,
    superchain_config: Option<Address>,
    chains: &'static [Chain],
    unsupported: &'static [Unsupported],
}

/// A chain that can be derived: what differs from chain to chain.
struct Chain {
    id: u64,
    name: &'static str,
    /// Seconds between L2 blocks.
    block_time: u64,
    /// L1 blocks.
    seq_window_size: u64,
    /// Seconds, before Fjord.
    max_sequencer_drift: u64,
    /// Number and hash of the L1 block at genesis.
    l1: (u64, B256),
    /// Number and hash of the L2 block at genesis.
    l2: (u64, B256),
    /// Timestamp of the L2 block at genesis, in seconds.
    l2_time: u64,
    batcher: Address,
    overhead: u64,
    scalar: B256,
    gas_limit: u64,
    /// Activation times from Canyon on, without gaps.
    forks: &'static [u64],
    keep_karst_upgrade_gas: bool,
    pectra_blob_schedule_time: Option<u64>,
    /// Time of the last revision of the registry that has the chain, in seconds; `None` if it still has it.
    left_registry: Option<u64>,
    /// Elasticity, denominator, denominator from Canyon on.
    base_fee: (u64, u64, u64),
    batch_inbox: Address,
    portal: Address,
    system_config: Address,
}

/// A chain that cannot be derived, and why.
struct Unsupported {
    id: u64,
    name: &'static str,
    reason: &'static str,
}

/// The config of the rollup with chain id `chain_id`.
///
/// # Errors
/// [`RollupError::UnknownChain`] if the registry does not have the chain, [`RollupError::UnsupportedChain`] if it has the
/// chain and we cannot derive it.
pub fn rollup_config(chain_id: u64) -> Result<RollupConfig, RollupError> {
    for superchain in SUPERCHAINS {
        if let Some(chain) = superchain.chains.iter().find(|chain| chain.id == chain_id) {
            return Ok(chain.config(superchain));
        }
        if let Some(chain) = superchain.unsupported.iter().find(|chain| chain.id == chain_id) {
            let (name, reason) = (chain.name, chain.reason);
            return Err(RollupError::UnsupportedChain { chain_id, name, reason });
        }
    }
    Err(RollupError::UnknownChain { chain_id })
}

/// The config of the L1 with chain id `chain_id`: Ethereum, Sepolia, Holesky or Hoodi.
pub fn l1_config(chain_id: u64) -> Option<L1ChainConfig> {
    L1ChainConfig::known(chain_id)
}

/// Chain id and name of every rollup that has a config here.
pub fn rollups() -> impl Iterator<Item = (u64, &'static str)> {
    SUPERCHAINS.iter().flat_map(|superchain| superchain.chains).map(|chain| (chain.id, chain.name))
}

impl Chain {
    fn config(&self, superchain: &Superchain) -> RollupConfig {
        let (elasticity, denominator, denominator_canyon) = self.base_fee;
        RollupConfig {
            genesis: ChainGenesis {
                l1: BlockNumHash { number: self.l1.0, hash: self.l1.1 },
                l2: BlockNumHash { number: self.l2.0, hash: self.l2.1 },
                l2_time: self.l2_time,
                system_config: SystemConfig {
                    batcher_address: self.batcher,
                    overhead: U256::from(self.overhead),
                    scalar: self.scalar.into(),
                    gas_limit: self.gas_limit,
                    ..SystemConfig::default()
                },
            },
            block_time: self.block_time,
            max_sequencer_drift: self.max_sequencer_drift,
            seq_window_size: self.seq_window_size,
            channel_timeout: CHANNEL_TIMEOUT_BEDROCK,
            granite_channel_timeout: CHANNEL_TIMEOUT_GRANITE,
            l1_chain_id: superchain.l1_chain_id,
            l2_chain_id: self.id,
            forks: self.fork_times(),
            keep_karst_upgrade_gas: self.keep_karst_upgrade_gas,
            pectra_blob_schedule_time: self.pectra_blob_schedule_time,
            batch_inbox_address: self.batch_inbox,
            deposit_contract_address: self.portal,
            l1_system_config_address: self.system_config,
            protocol_versions_address: superchain.protocol_versions,
            superchain_config_address: superchain.superchain_config,
            chain_op_config: BaseFeeConfig { elasticity, denominator, denominator_canyon },
            alt_da: None,
        }
    }

    /// Every chain of the registry started with Regolith.
    fn fork_times(&self) -> ForkTimes {
        let mut times = ForkTimes::BEDROCK.with(Fork::Regolith, 0);
        for (fork, time) in Fork::ALL.into_iter().skip(1).zip(self.forks) {
            times.set(fork, Some(*time));
        }
        times.unknown = self.left_registry.map(UnknownFork::after_registry).into_iter().collect();
        times
    }
}
