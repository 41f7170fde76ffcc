//! The values that a program starts from, read from the oracle's local keys.

use alloc::{string::ToString, sync::Arc, vec::Vec};
use alloy_primitives::B256;
use tribunal_preimage::{
    PreimageKey, PreimageOracleClient,
    local_key::{
        AGREED_OUTPUT_ROOT, CLAIMED_BLOCK_NUMBER, CLAIMED_OUTPUT_ROOT, L1_HEAD, L2_CHAIN_ID,
        kona::{CUSTOM_CHAIN_ID, CUSTOM_L1, L1_CONFIG, ROLLUP_CONFIG},
    },
};
use tribunal_rollup::{ClaimConfigs, ClaimedChains, L1ChainConfig, RollupConfig, RollupError, registry};

use crate::error::ProofError;

/// A claim and its configs.
#[derive(Debug, Clone)]
pub struct BootInfo {
    /// Hash of the last L1 block that the claim may depend on.
    pub l1_head: B256,
    /// The output root both parties agree on.
    pub agreed_output_root: B256,
    /// The output root in dispute.
    pub claimed_output_root: B256,
    /// The L2 block number in dispute.
    pub claimed_block_number: u64,
    /// The L2 chain id as the host gave it, which may be [`CUSTOM_CHAIN_ID`] or [`CUSTOM_L1`].
    pub chain_id: u64,
    /// The rules of the rollup.
    pub rollup_config: Arc<RollupConfig>,
    /// The rules of its L1.
    pub l1_config: Arc<L1ChainConfig>,
}

impl BootInfo {
    /// Reads the boot values. For a chain without a built-in config, the oracle has the config.
    ///
    /// # Errors
    /// The oracle's errors, also for a value of the wrong length; [`ProofError::Boot`] for a config that cannot be
    /// read; [`ProofError::NoConfig`] for an unknown chain without a config; [`ProofError::Config`] for chain ids that
    /// contradict each other.
    pub fn load(oracle: &impl PreimageOracleClient) -> Result<Self, ProofError> {
        let chain_id = u64::from_be_bytes(fixed(oracle, L2_CHAIN_ID)?);
        let configs = configs(oracle, chain_id)?;
        Ok(Self {
            l1_head: fixed(oracle, L1_HEAD)?.into(),
            agreed_output_root: fixed(oracle, AGREED_OUTPUT_ROOT)?.into(),
            claimed_output_root: fixed(oracle, CLAIMED_OUTPUT_ROOT)?.into(),
            claimed_block_number: u64::from_be_bytes(fixed(oracle, CLAIMED_BLOCK_NUMBER)?),
            chain_id,
            rollup_config: Arc::new(configs.rollup),
            l1_config: Arc::new(configs.l1),
        })
    }

    /// Checks that this program knows all forks that are active at `timestamp`, that of the agreed L2 block.
    /// Derivation checks the blocks after it.
    pub(crate) fn require_known_forks(&self, timestamp: u64) -> Result<(), ProofError> {
        let known = self.rollup_config.require_known_forks(timestamp);
        known.and_then(|()| self.l1_config.require_known_forks(timestamp)).map_err(ProofError::Config)
    }
}

/// Reads the configs that are not built in, and checks all configs.
fn configs(oracle: &impl PreimageOracleClient, chain_id: u64) -> Result<ClaimConfigs, ProofError> {
    let l2 = (![CUSTOM_CHAIN_ID, CUSTOM_L1].contains(&chain_id)).then_some(chain_id);
    let reason = match registry::rollup_config(chain_id) {
        Err(error @ RollupError::UnknownChain { .. }) => error,
        _ => return choose(l2, None, None),
    };
    let json = config(oracle, ROLLUP_CONFIG, reason)?;
    let rollup = RollupConfig::from_json(&json).map_err(refused("rollup config", ROLLUP_CONFIG))?;
    if chain_id != CUSTOM_L1 && registry::l1_config(rollup.l1_chain_id).is_some() {
        return choose(l2, Some(rollup), None);
    }
    let json = config(oracle, L1_CONFIG, RollupError::UnknownL1 { chain_id: rollup.l1_chain_id })?;
    let l1 = L1ChainConfig::from_json(&json).map_err(refused("L1 config", L1_CONFIG))?;
    choose(l2, Some(rollup), Some(l1))
}

fn choose(
    l2: Option<u64>,
    rollup: Option<RollupConfig>,
    l1: Option<L1ChainConfig>,
) -> Result<ClaimConfigs, ProofError> {
    ClaimConfigs::choose(ClaimedChains { l1: None, l2 }, rollup, l1).map_err(ProofError::Config)
}

/// Reads the config of local key `index`, which `reason` makes necessary.
fn config(
    oracle: &impl PreimageOracleClient,
    index: u64,
    reason: RollupError,
) -> Result<Vec<u8>, ProofError> {
    let key = PreimageKey::new_local(index);
    oracle.get(key).map_err(|source| ProofError::NoConfig { reason: reason.into(), index, source })
}

/// The error for a config that cannot be read, to be used with `map_err`.
fn refused(name: &'static str, index: u64) -> impl Fn(RollupError) -> ProofError {
    move |error| ProofError::Boot { name, index, reason: error.to_string() }
}

/// Checks that a boot value is the hash of what was found behind it. A pre-image key leaves out the first byte of a hash, so
/// the pre-image of a hash with another first byte is found, too.
pub(crate) fn require_hash(
    name: &'static str,
    index: u64,
    given: B256,
    computed: B256,
) -> Result<(), ProofError> {
    if given == computed {
        return Ok(());
    }
    let reason = alloc::format!("it is {given}, but what is found behind it has the hash {computed}");
    Err(ProofError::Boot { name, index, reason })
}

fn fixed<const N: usize>(oracle: &impl PreimageOracleClient, index: u64) -> Result<[u8; N], ProofError> {
    let mut value = [0u8; N];
    oracle.get_exact(PreimageKey::new_local(index), &mut value)?;
    Ok(value)
}
