//! Checks the configs of a claim with each other and with the claim.

use super::{L1ChainConfig, RollupConfig};
use crate::{RollupError, registry};

/// The chain ids that a claim names; `None` where it names none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClaimedChains {
    /// EIP-155 chain id of L1.
    pub l1: Option<u64>,
    /// EIP-155 chain id of L2.
    pub l2: Option<u64>,
}

/// The two configs of a claim.
///
/// ```
/// use tribunal_rollup::{ClaimConfigs, ClaimedChains, RollupError};
///
/// let op_mainnet = ClaimedChains { l1: Some(1), l2: Some(10) };
/// let configs = ClaimConfigs::choose(op_mainnet, None, None)?;
/// assert_eq!(configs.l1.chain_id, 1);
///
/// // A config that is given is used. It must be of the chain that the claim names.
/// let error = ClaimConfigs::choose(ClaimedChains { l1: None, l2: Some(8453) }, Some(configs.rollup), None);
/// assert_eq!(
///     error.unwrap_err().to_string(),
///     "L2 chain ids contradict each other: 8453 in the claim, 10 in the rollup config"
/// );
/// # Ok::<_, RollupError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimConfigs {
    /// The rules of the rollup.
    pub rollup: RollupConfig,
    /// The rules of its L1.
    pub l1: L1ChainConfig,
}

impl ClaimConfigs {
    /// Chooses the configs of a claim: those that are given, and built-in ones for the rest. All chain ids must agree.
    ///
    /// # Errors
    /// [`RollupError::UnknownChain`], [`RollupError::UnknownL1`] and [`RollupError::UnsupportedChain`] where a config is
    /// neither given nor built in; [`RollupError::ChainIds`] where two of the ids differ.
    pub fn choose(
        claimed: ClaimedChains,
        rollup: Option<RollupConfig>,
        l1: Option<L1ChainConfig>,
    ) -> Result<Self, RollupError> {
        let rollup = match rollup {
            Some(rollup) => rollup,
            None => registry::rollup_config(claimed.l2.unwrap_or_default())?,
        };
        require_same("L2", ("the claim", claimed.l2), ("the rollup config", rollup.l2_chain_id))?;
        require_same("L1", ("the claim", claimed.l1), ("the rollup config", rollup.l1_chain_id))?;
        let l1 = match l1 {
            Some(l1) => l1,
            None => {
                let chain_id = rollup.l1_chain_id;
                registry::l1_config(chain_id).ok_or(RollupError::UnknownL1 { chain_id })?
            }
        };
        require_same("L1", ("the rollup config", Some(rollup.l1_chain_id)), ("the L1 config", l1.chain_id))?;
        Ok(Self { rollup, l1 })
    }

    /// Checks the chain id of the L2 chain config (the `config` of a geth genesis file), which only op-program's client
    /// reads.
    ///
    /// # Errors
    /// [`RollupError::ChainIds`] if it differs from the rollup config's.
    pub fn require_l2_chain_id(&self, chain_id: u64) -> Result<(), RollupError> {
        require_same("L2", ("the rollup config", Some(self.rollup.l2_chain_id)), ("the L2 config", chain_id))
    }
}

/// Checks that two sources name the same chain. A source is a description and a chain id.
fn require_same(
    layer: &'static str,
    first: (&'static str, Option<u64>),
    second: (&'static str, u64),
) -> Result<(), RollupError> {
    match first.1 {
        Some(id) if id != second.1 => Err(RollupError::ChainIds { layer, first: (first.0, id), second }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op_mainnet() -> RollupConfig {
        registry::rollup_config(10).unwrap()
    }

    fn choose(
        l1: Option<u64>,
        l2: Option<u64>,
        rollup: Option<RollupConfig>,
        l1_config: Option<L1ChainConfig>,
    ) -> Result<ClaimConfigs, RollupError> {
        ClaimConfigs::choose(ClaimedChains { l1, l2 }, rollup, l1_config)
    }

    #[test]
    fn built_in_configs_are_for_chains_that_are_known() {
        let configs = choose(None, Some(10), None, None).unwrap();
        assert_eq!((configs.rollup, configs.l1), (op_mainnet(), registry::l1_config(1).unwrap()));
        assert_eq!(
            choose(None, Some(999_999), None, None),
            Err(RollupError::UnknownChain { chain_id: 999_999 })
        );
        let elsewhere = RollupConfig { l1_chain_id: 999_998, ..op_mainnet() };
        assert_eq!(
            choose(None, Some(10), Some(elsewhere), None),
            Err(RollupError::UnknownL1 { chain_id: 999_998 })
        );
    }

    #[test]
    fn a_config_that_is_given_is_used() {
        let rollup = RollupConfig { block_time: 7, ..op_mainnet() };
        let json = br#"{"chainId":1,"cancunTime":5,"blobSchedule":{"cancun":{"target":1,"max":2,"baseFeeUpdateFraction":3}}}"#;
        let l1 = L1ChainConfig::from_json(json).unwrap();
        let configs = choose(Some(1), Some(10), Some(rollup.clone()), Some(l1.clone()));
        assert_eq!(configs, Ok(ClaimConfigs { rollup, l1 }));
    }

    #[test]
    fn contradicting_chain_ids_are_named() {
        let sepolia = || registry::l1_config(11_155_111);
        let cases = [
            (choose(None, Some(11), Some(op_mainnet()), None), "L2", 11, 10),
            (choose(Some(5), Some(10), None, None), "L1", 5, 1),
            (choose(None, Some(10), None, sepolia()), "L1", 1, 11_155_111),
            (choose(None, None, Some(op_mainnet()), sepolia()), "L1", 1, 11_155_111),
        ];
        for (result, layer, first, second) in cases {
            match result.unwrap_err() {
                RollupError::ChainIds { layer: named, first: (_, one), second: (_, other) } => {
                    assert_eq!((named, one, other), (layer, first, second));
                }
                error => panic!("{error}"),
            }
        }
    }
}
