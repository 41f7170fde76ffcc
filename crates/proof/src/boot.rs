//! The values a program starts from, read from the oracle's local keys.

use alloc::{string::ToString, sync::Arc};
use alloy_primitives::B256;
use tribunal_preimage::{
    PreimageKey, PreimageOracleClient,
    local_key::{
        AGREED_OUTPUT_ROOT, CLAIMED_BLOCK_NUMBER, CLAIMED_OUTPUT_ROOT, L1_HEAD, L2_CHAIN_ID,
        kona::{L1_CONFIG, ROLLUP_CONFIG},
    },
};
use tribunal_rollup::{L1ChainConfig, RollupConfig, RollupError, registry};

use crate::error::ProofError;

/// What a claim says and what it is to be judged by.
#[derive(Debug, Clone)]
pub struct BootInfo {
    /// Hash of the last L1 block that counts.
    pub l1_head: B256,
    /// The output root both parties agree on.
    pub agreed_output_root: B256,
    /// The output root in dispute.
    pub claimed_output_root: B256,
    /// The L2 block number in dispute.
    pub claimed_block_number: u64,
    /// The L2 chain id as the host gave it (0 asks for the configs of local keys 6 and 7).
    pub chain_id: u64,
    /// The rules of the rollup.
    pub rollup_config: Arc<RollupConfig>,
    /// The rules of its L1.
    pub l1_config: Arc<L1ChainConfig>,
}

impl BootInfo {
    /// Reads the boot values. The configs come from the registry when it knows the chain, else from the oracle.
    ///
    /// # Errors
    /// The oracle's, also for a value of the wrong length, and [`ProofError::Boot`] for a config that does not parse.
    pub fn load(oracle: &impl PreimageOracleClient) -> Result<Self, ProofError> {
        let chain_id = u64::from_be_bytes(fixed(oracle, L2_CHAIN_ID)?);
        let rollup_config = match registry::rollup_config(chain_id) {
            Ok(config) => config,
            Err(RollupError::UnknownChain { .. }) => {
                let json = oracle.get(PreimageKey::new_local(ROLLUP_CONFIG))?;
                RollupConfig::from_json(&json).map_err(|error| ProofError::Boot {
                    name: "rollup config",
                    index: ROLLUP_CONFIG,
                    reason: error.to_string(),
                })?
            }
            Err(error) => return Err(ProofError::Chain(error)),
        };
        let l1_config = match registry::l1_config(rollup_config.l1_chain_id) {
            Some(config) => config,
            None => {
                let json = oracle.get(PreimageKey::new_local(L1_CONFIG))?;
                L1ChainConfig::from_json(&json).map_err(|error| ProofError::Boot {
                    name: "L1 config",
                    index: L1_CONFIG,
                    reason: error.to_string(),
                })?
            }
        };
        Ok(Self {
            l1_head: fixed(oracle, L1_HEAD)?.into(),
            agreed_output_root: fixed(oracle, AGREED_OUTPUT_ROOT)?.into(),
            claimed_output_root: fixed(oracle, CLAIMED_OUTPUT_ROOT)?.into(),
            claimed_block_number: u64::from_be_bytes(fixed(oracle, CLAIMED_BLOCK_NUMBER)?),
            chain_id,
            rollup_config: Arc::new(rollup_config),
            l1_config: Arc::new(l1_config),
        })
    }
}

fn fixed<const N: usize>(oracle: &impl PreimageOracleClient, index: u64) -> Result<[u8; N], ProofError> {
    let mut value = [0u8; N];
    oracle.get_exact(PreimageKey::new_local(index), &mut value)?;
    Ok(value)
}
