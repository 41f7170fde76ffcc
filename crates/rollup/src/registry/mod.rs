//! The configurations of well-known chains.
//!
//! The facts are those of the superchain registry as of August 2026, with the chains that post their data to L1 and
//! pay gas in ether. Base left the registry in April 2026; its two chains are recorded as they stood then, and what
//! it has scheduled since is not here. A caller that knows better passes a configuration of its own.

mod mainnet;
mod sepolia;

use alloy_primitives::{Address, B256, U256};

use crate::{
    BaseFeeConfig, BlockNumHash, ChainGenesis, EcotoneScalars, Fork, ForkTimes, L1ChainConfig, RollupConfig,
    SystemConfig, config::CHANNEL_TIMEOUT_GRANITE,
};

/// L1 blocks that a channel stays open before Granite, on every registered chain.
const CHANNEL_TIMEOUT_BEDROCK: u64 = 300;

/// What differs from chain to chain.
struct Chain {
    id: u64,
    name: &'static str,
    /// Block time, sequencing window, sequencer drift before Fjord.
    timing: (u64, u64, u64),
    l1: (u64, B256),
    l2: (u64, B256),
    l2_time: u64,
    batcher: Address,
    overhead: u64,
    /// Version byte and the low 64 bits.
    scalar: (u8, u64),
    gas_limit: u64,
    /// Activation times from Canyon on, without gaps.
    forks: &'static [u64],
    pectra_blob_schedule_time: Option<u64>,
    keep_karst_upgrade_gas: bool,
    /// Elasticity, denominator, denominator from Canyon on.
    base_fee: (u64, u64, u64),
    batch_inbox: Address,
    portal: Address,
    system_config: Address,
}

/// Contracts that the chains on one L1 share.
struct Superchain {
    l1_chain_id: u64,
    protocol_versions: Address,
    superchain_config: Address,
    chains: &'static [Chain],
}

const SUPERCHAINS: [Superchain; 2] = [
    Superchain {
        l1_chain_id: 1,
        protocol_versions: alloy_primitives::address!("8062abc286f5e7d9428a0ccb9abd71e50d93b935"),
        superchain_config: alloy_primitives::address!("95703e0982140d16f8eba6d158fccede42f04a4c"),
        chains: mainnet::CHAINS,
    },
    Superchain {
        l1_chain_id: 11_155_111,
        protocol_versions: alloy_primitives::address!("79add5713b383daa0a138d3c4780c7a1804a8090"),
        superchain_config: alloy_primitives::address!("c2be75506d5724086deb7245bd260cc9753911be"),
        chains: sepolia::CHAINS,
    },
];

/// The configuration of the rollup with chain id `chain_id`, if it is known.
pub fn rollup_config(chain_id: u64) -> Option<RollupConfig> {
    let (superchain, chain) = chains().find(|(_, chain)| chain.id == chain_id)?;
    Some(chain.config(superchain))
}

/// The configuration of the L1 with chain id `chain_id`: Ethereum, Sepolia, Holesky or Hoodi.
pub fn l1_config(chain_id: u64) -> Option<L1ChainConfig> {
    L1ChainConfig::known(chain_id)
}

/// Chain id and name of every known rollup.
pub fn rollups() -> impl Iterator<Item = (u64, &'static str)> {
    chains().map(|(_, chain)| (chain.id, chain.name))
}

fn chains() -> impl Iterator<Item = (&'static Superchain, &'static Chain)> {
    SUPERCHAINS.iter().flat_map(|superchain| superchain.chains.iter().map(move |chain| (superchain, chain)))
}

impl Chain {
    fn config(&self, superchain: &Superchain) -> RollupConfig {
        let (block_time, seq_window_size, max_sequencer_drift) = self.timing;
        let (elasticity, denominator, denominator_canyon) = self.base_fee;
        let mut forks = ForkTimes::BEDROCK.with(Fork::Regolith, 0);
        for (fork, time) in Fork::ALL.into_iter().skip(1).zip(self.forks) {
            forks.set(fork, Some(*time));
        }
        RollupConfig {
            genesis: ChainGenesis {
                l1: BlockNumHash { number: self.l1.0, hash: self.l1.1 },
                l2: BlockNumHash { number: self.l2.0, hash: self.l2.1 },
                l2_time: self.l2_time,
                system_config: SystemConfig {
                    batcher_address: self.batcher,
                    overhead: U256::from(self.overhead),
                    scalar: self.scalar(),
                    gas_limit: self.gas_limit,
                    ..SystemConfig::default()
                },
            },
            block_time,
            max_sequencer_drift,
            seq_window_size,
            channel_timeout: CHANNEL_TIMEOUT_BEDROCK,
            granite_channel_timeout: CHANNEL_TIMEOUT_GRANITE,
            l1_chain_id: superchain.l1_chain_id,
            l2_chain_id: self.id,
            forks,
            keep_karst_upgrade_gas: self.keep_karst_upgrade_gas,
            pectra_blob_schedule_time: self.pectra_blob_schedule_time,
            batch_inbox_address: self.batch_inbox,
            deposit_contract_address: self.portal,
            l1_system_config_address: self.system_config,
            protocol_versions_address: Some(superchain.protocol_versions),
            superchain_config_address: Some(superchain.superchain_config),
            chain_op_config: BaseFeeConfig { elasticity, denominator, denominator_canyon },
            alt_da: None,
        }
    }

    fn scalar(&self) -> U256 {
        match self.scalar {
            (0, scalar) => U256::from(scalar),
            (_, packed) => {
                EcotoneScalars { base_fee_scalar: packed as u32, blob_base_fee_scalar: (packed >> 32) as u32 }
                    .encode()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_is_valid_and_unique() {
        let mut ids = alloc::vec::Vec::new();
        for (id, name) in rollups() {
            let config = rollup_config(id).unwrap();
            assert_eq!(config.validate(), Ok(()), "{name}");
            assert!(l1_config(config.l1_chain_id).is_some());
            assert!(!ids.contains(&id), "{name}");
            ids.push(id);
        }
        assert!(rollup_config(1).is_none());
    }

    #[test]
    fn op_mainnet() {
        let config = rollup_config(10).unwrap();
        assert_eq!(config.genesis.system_config.scalar, U256::from(684_000));
        assert_eq!(config.forks.get(Fork::Karst), Some(1_783_526_401));
        assert!(config.is_first_canyon_block(1_704_992_401));
        assert!(!config.is_first_canyon_block(1_704_992_403));
        assert!(!config.is_first_regolith_block(0));
        let unichain = rollup_config(130).unwrap().genesis.system_config;
        let scalars = EcotoneScalars { base_fee_scalar: 2000, blob_base_fee_scalar: 900_000 };
        assert_eq!(unichain.ecotone_scalars(), Some(scalars));
    }
}
