//! Reads the L1 origin and the system config of an L2 block from its header and its first transaction, the L1
//! attributes.

use alloc::format;

use alloy_consensus::Header;
use alloy_primitives::B256;

use super::l1_info::{L1BlockInfoTx, L1InfoFormat};
use crate::{
    BlockInfo, BlockNumHash, EcotoneScalars, L2BlockInfo, RollupConfig, RollupError, SystemConfig,
    upgrades::one_time_gas,
};

/// Version byte of a header's extra data from Holocene, and from Jovian.
const HOLOCENE_EXTRA_DATA: u8 = 0;
const JOVIAN_EXTRA_DATA: u8 = 1;

impl L2BlockInfo {
    /// Describes the L2 block of `header`, whose hash is `hash`. `first_tx` is its first transaction in EIP-2718
    /// form. It is ignored for the genesis block.
    ///
    /// ```
    /// use alloy_consensus::Header;
    /// use tribunal_rollup::{L2BlockInfo, registry};
    ///
    /// let cfg = registry::rollup_config(10).unwrap();
    /// let header = Header { number: cfg.genesis.l2.number, ..Default::default() };
    /// let genesis = L2BlockInfo::from_header_and_first_tx(cfg.genesis.l2.hash, &header, &[], &cfg)?;
    /// assert_eq!(genesis.l1_origin, cfg.genesis.l1);
    /// # Ok::<_, tribunal_rollup::RollupError>(())
    /// ```
    ///
    /// # Errors
    /// Another genesis block than the config's, or a first transaction that is not the L1 attributes.
    pub fn from_header_and_first_tx(
        hash: B256,
        header: &Header,
        first_tx: &[u8],
        cfg: &RollupConfig,
    ) -> Result<Self, RollupError> {
        let (l1_origin, seq_num) = if is_genesis(hash, header, cfg)? {
            (cfg.genesis.l1, 0)
        } else {
            let info = L1BlockInfoTx::from_first_tx(cfg, header.timestamp, first_tx)?;
            (BlockNumHash { number: info.number, hash: info.block_hash }, info.sequence_number)
        };
        let block_info = BlockInfo {
            hash,
            number: header.number,
            parent_hash: header.parent_hash,
            timestamp: header.timestamp,
        };
        Ok(Self { block_info, l1_origin, seq_num })
    }
}

impl SystemConfig {
    /// The system config in force in the L2 block of `header`. The parameters are those of
    /// [`L2BlockInfo::from_header_and_first_tx`]. The gas limit does not include the gas that only the block's
    /// upgrade transactions could use.
    ///
    /// # Errors
    /// Another genesis block than the config's, a first transaction that is not the L1 attributes, or extra data that is
    /// not of the block's fork.
    pub fn from_header_and_first_tx(
        hash: B256,
        header: &Header,
        first_tx: &[u8],
        cfg: &RollupConfig,
    ) -> Result<Self, RollupError> {
        if is_genesis(hash, header, cfg)? {
            return Ok(cfg.genesis.system_config);
        }
        let time = header.timestamp;
        let info = L1BlockInfoTx::from_first_tx(cfg, time, first_tx)?;
        let scalar = if L1InfoFormat::of_block(cfg, time) == L1InfoFormat::Bedrock {
            info.l1_fee_scalar
        } else {
            // L1 may have set the scalar in the older form. The block does not show that, and the meaning is the
            // same.
            let (base_fee_scalar, blob_base_fee_scalar) = (info.base_fee_scalar, info.blob_base_fee_scalar);
            EcotoneScalars { base_fee_scalar, blob_base_fee_scalar }.encode()
        };
        let gas_limit = header
            .gas_limit
            .checked_sub(one_time_gas(cfg, time))
            .ok_or(RollupError::L2Block("gas limit is below the upgrade gas"))?;
        let (eip1559_denominator, eip1559_elasticity, min_base_fee) =
            extra_data(cfg, time, &header.extra_data)?;
        Ok(Self {
            batcher_address: info.batcher_address,
            overhead: info.l1_fee_overhead,
            scalar,
            gas_limit,
            eip1559_denominator,
            eip1559_elasticity,
            operator_fee_scalar: info.operator_fee_scalar,
            operator_fee_constant: info.operator_fee_constant,
            min_base_fee,
            da_footprint_gas_scalar: info.da_footprint_gas_scalar,
        })
    }
}

fn is_genesis(hash: B256, header: &Header, cfg: &RollupConfig) -> Result<bool, RollupError> {
    if header.number != cfg.genesis.l2.number {
        return Ok(false);
    }
    if hash != cfg.genesis.l2.hash {
        let reason = format!("hash {hash}, but genesis.l2.hash is {}", cfg.genesis.l2.hash);
        return Err(RollupError::genesis("genesis.l2.hash", "L2", header.number, reason));
    }
    Ok(true)
}

/// EIP-1559 denominator and elasticity and the minimum base fee in a header's extra data; 0 where the fork has none.
fn extra_data(cfg: &RollupConfig, time: u64, extra: &[u8]) -> Result<(u32, u32, u64), RollupError> {
    let (params, min_base_fee) = match extra {
        [JOVIAN_EXTRA_DATA, rest @ ..] if cfg.is_jovian_active(time) => {
            rest.split_first_chunk::<8>().map(|(params, rest)| (params, <[u8; 8]>::try_from(rest).ok()))
        }
        [HOLOCENE_EXTRA_DATA, params @ ..] if cfg.is_holocene_active(time) && !cfg.is_jovian_active(time) => {
            params.try_into().ok().map(|params| (params, Some([0; 8])))
        }
        [] if !cfg.is_holocene_active(time) => return Ok((0, 0, 0)),
        _ => None,
    }
    .and_then(|(params, min_base_fee)| Some((params, u64::from_be_bytes(min_base_fee?))))
    .ok_or(RollupError::L2Block("extra data is not of the block's fork"))?;
    let [a, b, c, d, e, f, g, h] = *params;
    match (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])) {
        (0, _) | (_, 0) => Err(RollupError::L2Block("extra data has a base fee parameter of 0")),
        (denominator, elasticity) => Ok((denominator, elasticity, min_base_fee)),
    }
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use alloy_primitives::{Address, U256};

    use super::*;
    use crate::{Fork, ForkTimes, L1ChainConfig, l1_info_deposit, registry};

    fn cfg(until: Fork) -> RollupConfig {
        let mut cfg = registry::rollup_config(10).unwrap();
        cfg.forks = ForkTimes::all_until(until);
        cfg
    }

    fn l1_cfg() -> L1ChainConfig {
        registry::l1_config(1).unwrap()
    }

    fn extra(version: u8, denominator: u32, elasticity: u32, rest: &[u8]) -> Vec<u8> {
        let mut out = vec![version];
        out.extend_from_slice(&denominator.to_be_bytes());
        out.extend_from_slice(&elasticity.to_be_bytes());
        out.extend_from_slice(rest);
        out
    }

    #[test]
    fn extra_data_by_fork() {
        let time = 100;
        assert_eq!(extra_data(&cfg(Fork::Granite), time, &[]), Ok((0, 0, 0)));
        assert!(extra_data(&cfg(Fork::Granite), time, &extra(0, 1, 2, &[])).is_err());
        assert_eq!(extra_data(&cfg(Fork::Isthmus), time, &extra(0, 1, 2, &[])), Ok((1, 2, 0)));
        assert_eq!(extra_data(&cfg(Fork::Jovian), time, &extra(1, 1, 2, &7u64.to_be_bytes())), Ok((1, 2, 7)));
        for bad in [
            vec![],
            vec![0],
            extra(1, 1, 2, &[]),
            extra(0, 0, 2, &[]),
            extra(0, 1, 0, &[]),
            extra(0, 1, 2, &[0]),
        ] {
            assert!(extra_data(&cfg(Fork::Isthmus), time, &bad).is_err());
        }
        for bad in [
            vec![],
            vec![1],
            extra(1, 1, 2, &[]),
            extra(0, 1, 2, &[0; 8]),
            extra(1, 1, 2, &[0; 9]),
            extra(1, 0, 2, &[0; 8]),
        ] {
            assert!(extra_data(&cfg(Fork::Jovian), time, &bad).is_err());
        }
    }

    #[test]
    fn what_goes_into_a_block_comes_out() {
        let cfg = cfg(Fork::Karst);
        let config = SystemConfig {
            batcher_address: Address::repeat_byte(3),
            overhead: U256::ZERO,
            scalar: EcotoneScalars { base_fee_scalar: 5, blob_base_fee_scalar: 6 }.encode(),
            gas_limit: 30_000_000,
            eip1559_denominator: 250,
            eip1559_elasticity: 6,
            operator_fee_scalar: 8,
            operator_fee_constant: 9,
            min_base_fee: 10,
            da_footprint_gas_scalar: 11,
        };
        let l1 =
            Header { number: 77, timestamp: 1_800_000_000, excess_blob_gas: Some(5), ..Default::default() };
        let l1_hash = B256::repeat_byte(1);
        let tx = l1_info_deposit(&cfg, &l1_cfg(), &config, 4, &l1, l1_hash, 1_800_000_008).unwrap();
        let header = Header {
            number: cfg.genesis.l2.number + 5,
            timestamp: 1_800_000_008,
            gas_limit: config.gas_limit,
            extra_data: extra(1, 250, 6, &10u64.to_be_bytes()).into(),
            ..Default::default()
        };
        let hash = B256::repeat_byte(2);
        assert_eq!(SystemConfig::from_header_and_first_tx(hash, &header, &tx, &cfg), Ok(config));
        let block = L2BlockInfo::from_header_and_first_tx(hash, &header, &tx, &cfg).unwrap();
        assert_eq!((block.l1_origin, block.seq_num), (BlockNumHash { number: 77, hash: l1_hash }, 4));
        assert!(L2BlockInfo::from_header_and_first_tx(hash, &header, &[], &cfg).is_err());
    }

    #[test]
    fn genesis_is_checked() {
        let cfg = cfg(Fork::Jovian);
        let header = Header { number: cfg.genesis.l2.number, ..Default::default() };
        let genesis = SystemConfig::from_header_and_first_tx(cfg.genesis.l2.hash, &header, &[], &cfg);
        assert_eq!(genesis, Ok(cfg.genesis.system_config));
        assert!(SystemConfig::from_header_and_first_tx(B256::ZERO, &header, &[], &cfg).is_err());
    }

    #[test]
    fn upgrade_gas_is_taken_out_once() {
        let mut cfg = cfg(Fork::Jovian);
        cfg.forks.set(Fork::Karst, Some(1_800_000_000));
        cfg.keep_karst_upgrade_gas = false;
        let config = SystemConfig { gas_limit: 30_000_000, ..cfg.genesis.system_config };
        let l1 = Header { timestamp: 1_799_999_999, ..Default::default() };
        let tx = l1_info_deposit(&cfg, &l1_cfg(), &config, 0, &l1, B256::ZERO, 1_800_000_000).unwrap();
        let (_, gas) = crate::upgrade_transactions(&cfg, 1_800_000_000).unwrap();
        assert!(gas > 0);
        let mut header = Header {
            number: cfg.genesis.l2.number + 5,
            timestamp: 1_800_000_000,
            gas_limit: config.gas_limit + gas,
            extra_data: extra(1, 250, 6, &[0; 8]).into(),
            ..Default::default()
        };
        let read = |header: &Header, cfg: &RollupConfig| {
            SystemConfig::from_header_and_first_tx(B256::ZERO, header, &tx, cfg)
                .map(|config| config.gas_limit)
        };
        assert_eq!(read(&header, &cfg), Ok(config.gas_limit));
        cfg.keep_karst_upgrade_gas = true;
        assert_eq!(read(&header, &cfg), Ok(config.gas_limit + gas));
        cfg.keep_karst_upgrade_gas = false;
        header.gas_limit = gas - 1;
        assert!(read(&header, &cfg).is_err());
    }
}
