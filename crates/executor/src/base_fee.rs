//! EIP-1559 with the OP Stack's additions: parameters in the extra data, a minimum, the data footprint.

use alloc::vec::Vec;

use alloy_consensus::{Header, Sealed};
use alloy_primitives::{B64, Bytes};
use tribunal_rollup::RollupConfig;

use crate::{ExecutorError, InvalidBlock};

/// Version byte of Holocene's extra data; denominator and elasticity follow as u32.
const HOLOCENE_VERSION: u8 = 0;
/// Version byte of Jovian's extra data, in which the minimum base fee follows as u64.
const JOVIAN_VERSION: u8 = 1;

/// The parameters of EIP-1559.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parameters {
    denominator: u64,
    elasticity: u64,
}

impl Parameters {
    /// The parameters of the rollup config, which apply where the extra data has none.
    const fn of_chain(config: &RollupConfig, timestamp: u64) -> Self {
        let chain = &config.chain_op_config;
        let canyon = config.is_canyon_active(timestamp);
        let denominator = if canyon { chain.denominator_canyon } else { chain.denominator };
        Self { denominator, elasticity: chain.elasticity }
    }

    fn from_bytes(bytes: [u8; 8]) -> Self {
        let packed = u64::from_be_bytes(bytes);
        Self { denominator: packed >> 32, elasticity: packed & u64::from(u32::MAX) }
    }
}

/// The extra data of a block, from its attributes (`protocol/{holocene,jovian}/exec-engine.md`).
pub(crate) fn extra_data(
    config: &RollupConfig,
    timestamp: u64,
    parameters: Option<B64>,
    min_base_fee: Option<u64>,
) -> Result<Bytes, InvalidBlock> {
    if !config.is_holocene_active(timestamp) {
        return match parameters {
            None => Ok(Bytes::new()),
            Some(_) => Err(InvalidBlock::Attributes("EIP-1559 parameters before Holocene")),
        };
    }
    let Some(parameters) = parameters else {
        return Err(InvalidBlock::Attributes("no EIP-1559 parameters"));
    };
    let mut asked = Parameters::from_bytes(parameters.0);
    if (asked.denominator == 0) != (asked.elasticity == 0) {
        return Err(InvalidBlock::Attributes("one of the EIP-1559 parameters is zero"));
    }
    if asked.denominator == 0 {
        asked = Parameters::of_chain(config, timestamp);
    }
    let (Ok(denominator), Ok(elasticity)) =
        (u32::try_from(asked.denominator), u32::try_from(asked.elasticity))
    else {
        return Err(InvalidBlock::Attributes("the chain's EIP-1559 parameters do not fit 32 bits"));
    };
    let jovian = config.is_jovian_active(timestamp);
    let mut data = Vec::with_capacity(17);
    data.push(if jovian { JOVIAN_VERSION } else { HOLOCENE_VERSION });
    data.extend_from_slice(&denominator.to_be_bytes());
    data.extend_from_slice(&elasticity.to_be_bytes());
    if jovian {
        let minimum = min_base_fee.ok_or(InvalidBlock::Attributes("no minimum base fee"))?;
        data.extend_from_slice(&minimum.to_be_bytes());
    }
    Ok(data.into())
}

/// Base fee in wei of the block at `timestamp` on top of `parent`.
pub(crate) fn next_base_fee(
    config: &RollupConfig,
    parent: &Sealed<Header>,
    timestamp: u64,
) -> Result<u64, ExecutorError> {
    let refuse = |reason| ExecutorError::Parent { parent: parent.seal(), reason };
    let Some(base_fee) = parent.base_fee_per_gas else { return Err(refuse("no base fee")) };
    let (parameters, minimum) = if config.is_holocene_active(parent.timestamp) {
        from_extra_data(&parent.extra_data).ok_or(refuse("malformed extra data"))?
    } else {
        (Parameters::of_chain(config, timestamp), 0)
    };
    // From Jovian, the larger of gas used and data footprint counts.
    let metered = if config.is_jovian_active(parent.timestamp) {
        parent.gas_used.max(parent.blob_gas_used.unwrap_or_default())
    } else {
        parent.gas_used
    };
    let next = parent
        .gas_limit
        .checked_div(parameters.elasticity)
        .and_then(|target| adjusted(base_fee, metered, target, parameters.denominator))
        .ok_or(refuse("the gas target or the EIP-1559 denominator is zero"))?;
    Ok(next.max(minimum))
}

/// The parameters and the minimum base fee in the extra data of a block, from Holocene.
fn from_extra_data(extra: &[u8]) -> Option<(Parameters, u64)> {
    let minimum = match extra.len() {
        9 => 0,
        17 => u64::from_be_bytes(extra[9..].try_into().ok()?),
        _ => return None,
    };
    Some((Parameters::from_bytes(extra[1..9].try_into().ok()?), minimum))
}

/// EIP-1559's rule: the base fee changes in proportion to the difference between metered gas and target.
fn adjusted(base_fee: u64, metered: u64, target: u64, denominator: u64) -> Option<u64> {
    if metered == target {
        return Some(base_fee);
    }
    let change = (u128::from(metered.abs_diff(target)) * u128::from(base_fee))
        .checked_div(target.into())?
        .checked_div(denominator.into())?;
    let change = u64::try_from(change).unwrap_or(u64::MAX);
    Some(if metered > target {
        base_fee.saturating_add(change.max(1))
    } else {
        base_fee.saturating_sub(change)
    })
}

#[cfg(test)]
mod tests {
    use alloy_consensus::Sealable;
    use alloy_primitives::hex;
    use tribunal_rollup::{BaseFeeConfig, Fork, ForkTimes, registry};

    use super::*;

    const JOVIAN_TIME: u64 = 1000;

    fn config() -> RollupConfig {
        let mut config = registry::rollup_config(10).unwrap();
        config.chain_op_config = BaseFeeConfig { elasticity: 6, denominator: 50, denominator_canyon: 250 };
        config.forks = ForkTimes::all_until(Fork::Isthmus).with(Fork::Jovian, JOVIAN_TIME);
        config
    }

    fn next(parent: Header, config: &RollupConfig) -> Result<u64, ExecutorError> {
        let timestamp = parent.timestamp + 2;
        next_base_fee(config, &parent.seal_slow(), timestamp)
    }

    /// The cases of op-geth's own test (`TestCalcBaseFeeJovian`): limit 30 M, elasticity 3, denominator 50.
    #[test]
    fn minimum_and_footprint_as_op_geth_has_them() {
        const TARGET: u64 = 10_000_000;
        const BEFORE: u64 = JOVIAN_TIME - 1;
        const AFTER: u64 = JOVIAN_TIME;
        // Base fee, gas used, footprint, time, minimum, and the expected base fee.
        let cases = [
            (1, TARGET - 1_000_000, 0, BEFORE, 1_000_000_000, 1),
            (1, TARGET, 0, AFTER, 1_000_000_000, 1_000_000_000),
            (1, TARGET + 1_000_000, 0, AFTER, 1_000_000_000, 1_000_000_000),
            (2_000_000_000, TARGET + 10_000_000, 0, AFTER, 1_000_000_000, 2_040_000_000),
            (1, TARGET - 1_000_000, 0, AFTER, 1_000_000_000, 1_000_000_000),
            (2_097_152, TARGET - 1_000_000, 0, AFTER, 2_000_000, 2_092_958),
            (10_000, TARGET - 1, 0, AFTER, 10_000, 10_000),
            (10_000, TARGET + 1, 0, AFTER, 10_000, 10_001),
            (10_000, TARGET, 30_000_000, BEFORE, 1_000_000, 10_000),
            (10_000, TARGET, TARGET + 1, AFTER, 10_000, 10_001),
            (2_000_000_000, TARGET, TARGET + 10_000_000, AFTER, 1_000_000_000, 2_040_000_000),
        ];
        let config = config();
        for (index, (base_fee, gas_used, footprint, timestamp, minimum, expected)) in
            cases.into_iter().enumerate()
        {
            let parameters = Some(B64::from(hex!("0000003200000003")));
            let parent = Header {
                gas_limit: 30_000_000,
                gas_used,
                blob_gas_used: Some(footprint),
                base_fee_per_gas: Some(base_fee),
                timestamp,
                extra_data: extra_data(&config, timestamp, parameters, Some(minimum)).unwrap(),
                ..Header::default()
            };
            assert_eq!(next(parent, &config).unwrap(), expected, "case {index}");
        }
    }

    #[test]
    fn zero_parameters_stand_for_those_of_the_chain() {
        let config = config();
        let data = extra_data(&config, 500, Some(B64::ZERO), None).unwrap();
        assert_eq!(data[..], hex!("00 000000fa 00000006"));
        let data = extra_data(&config, JOVIAN_TIME, Some(B64::ZERO), Some(7)).unwrap();
        assert_eq!(data[..], hex!("01 000000fa 00000006 0000000000000007"));
    }

    #[test]
    fn parameters_must_fit_the_fork() {
        let mut config = config();
        let half = Some(B64::from(hex!("0000000000000001")));
        assert!(extra_data(&config, 500, half, None).is_err());
        assert!(extra_data(&config, 500, Some(B64::from(hex!("0000000100000000"))), None).is_err());
        assert!(extra_data(&config, 500, None, None).is_err());
        assert!(extra_data(&config, JOVIAN_TIME, Some(B64::ZERO), None).is_err());
        config.forks = ForkTimes::all_until(Fork::Granite);
        assert_eq!(extra_data(&config, 500, None, None), Ok(Bytes::new()));
        assert!(extra_data(&config, 500, half, None).is_err());
    }

    #[test]
    fn a_parent_without_a_target_is_refused() {
        let config = config();
        for extra in [&hex!("00 000000fa 00000000")[..], &hex!("00 00000000 00000006"), &hex!("00"), &[]] {
            let parent = Header {
                gas_limit: 30_000_000,
                base_fee_per_gas: Some(1),
                extra_data: Bytes::copy_from_slice(extra),
                ..Header::default()
            };
            assert!(matches!(next(parent, &config), Err(ExecutorError::Parent { .. })), "{extra:?}");
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        for gas_used in [0, u64::MAX] {
            let parent = Header {
                gas_limit: 6,
                gas_used,
                base_fee_per_gas: Some(u64::MAX),
                extra_data: Bytes::from_static(&hex!("00 00000001 00000006")),
                ..Header::default()
            };
            next(parent, &config()).unwrap();
        }
    }
}
