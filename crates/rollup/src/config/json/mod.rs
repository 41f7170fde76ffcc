//! The rollup config in JSON: op-node's `rollup.json`, and the variants that Kona writes.

use alloc::string::ToString;

use alloy_primitives::{Address, B256, U256};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::Error as _,
    ser::{SerializeMap, SerializeStruct},
};
use serde_json::Value;

use super::{
    AltDaConfig, BaseFeeConfig, CHANNEL_TIMEOUT_GRANITE, ChainGenesis, Fork, ForkTimes, RollupConfig,
    object::Object, unique,
};
use crate::{BlockNumHash, EcotoneScalars, RollupError, SystemConfig, registry};

/// The end of the name of every field that schedules a fork.
const FORK_SUFFIX: &str = "_time";
/// Fields of that name that schedule no L2 fork.
const NOT_FORKS: [&str; 3] = ["block_time", "pectra_blob_schedule_time", INTEROP];
/// Lagoon's name before it had that one.
const INTEROP: &str = "interop_time";

impl RollupConfig {
    /// Reads and [validates](Self::validate) a config.
    ///
    /// A fork that is left out while a later one is scheduled activates with the later one. Forks that this program
    /// does not know are kept in [`ForkTimes::unknown`]; other unknown fields are ignored, and
    /// [`Self::unknown_fields`] lists them. Without EIP-1559 parameters the chain's built-in ones are taken, or those
    /// of OP Mainnet.
    ///
    /// # Errors
    /// [`RollupError::Json`], [`RollupError::Field`] naming the field, [`RollupError::Contradiction`] for a setting that
    /// has different values under an old and a new name, and the errors of [`Self::validate`].
    pub fn from_json(json: &[u8]) -> Result<Self, RollupError> {
        Self::from_value(&unique::parse_unique(json)?)
    }

    fn from_value(value: &Value) -> Result<Self, RollupError> {
        let root = Object::root(value)?;
        let number = |name| root.require(root.u64(name)?, name);
        let address = |name| root.require(root.fixed::<20, Address>(name)?, name);
        let l2_chain_id = l2_chain_id(&root)?;
        let config = Self {
            genesis: genesis(&root.require(root.object("genesis")?, "genesis")?)?,
            block_time: number("block_time")?,
            max_sequencer_drift: root.u64("max_sequencer_drift")?.unwrap_or(0),
            seq_window_size: number("seq_window_size")?,
            channel_timeout: number("channel_timeout")?,
            granite_channel_timeout: root.u64("granite_channel_timeout")?.unwrap_or(CHANNEL_TIMEOUT_GRANITE),
            l1_chain_id: number("l1_chain_id")?,
            l2_chain_id,
            forks: forks(&root)?,
            keep_karst_upgrade_gas: root.flag("keep_karst_upgrade_gas")?.unwrap_or(false),
            pectra_blob_schedule_time: root.u64("pectra_blob_schedule_time")?,
            batch_inbox_address: address("batch_inbox_address")?,
            deposit_contract_address: address("deposit_contract_address")?,
            l1_system_config_address: address("l1_system_config_address")?,
            // Kona writes the zero address for none.
            protocol_versions_address: root
                .fixed("protocol_versions_address")?
                .filter(|address: &Address| !address.is_zero()),
            superchain_config_address: root.fixed("superchain_config_address")?,
            chain_op_config: match base_fee_config(&root)? {
                Some(config) => config,
                None => registry::rollup_config(l2_chain_id)
                    .map_or(BaseFeeConfig::OPTIMISM, |known| known.chain_op_config),
            },
            alt_da: alt_da(&root)?,
        };
        config.validate()?;
        Ok(config)
    }
}

fn genesis(object: &Object<'_>) -> Result<ChainGenesis, RollupError> {
    Ok(ChainGenesis {
        l1: block_id(&object.require(object.object("l1")?, "l1")?)?,
        l2: block_id(&object.require(object.object("l2")?, "l2")?)?,
        l2_time: object.require(object.u64("l2_time")?, "l2_time")?,
        system_config: system_config(&object.require(object.object("system_config")?, "system_config")?)?,
    })
}

fn block_id(object: &Object<'_>) -> Result<BlockNumHash, RollupError> {
    let hash: B256 = object.require(object.fixed("hash")?, "hash")?;
    Ok(BlockNumHash { number: object.require(object.u64("number")?, "number")?, hash })
}

/// op-node packs parameters as the L1 contract does (`eip1559Params`, `operatorFeeParams`), Kona names each.
fn system_config(object: &Object<'_>) -> Result<SystemConfig, RollupError> {
    let batcher = object.either(
        ("batcherAddr", object.fixed("batcherAddr")?),
        ("batcherAddress", object.fixed("batcherAddress")?),
    )?;
    let mut config = SystemConfig {
        batcher_address: object.require(batcher, "batcherAddr")?,
        overhead: object.u256("overhead")?.unwrap_or(U256::ZERO),
        scalar: object.u256("scalar")?.unwrap_or(U256::ZERO),
        gas_limit: object.require(object.u64("gasLimit")?, "gasLimit")?,
        min_base_fee: object.u64("minBaseFee")?.unwrap_or(0),
        da_footprint_gas_scalar: object.number("daFootprintGasScalar")?.unwrap_or(0),
        ..SystemConfig::default()
    };
    if let Some(params) = eip1559_params(object)? {
        config.set_eip1559_params(params);
    }
    if let Some(params) = operator_fee_params(object)? {
        config.set_operator_fee_params(&params);
    }
    if let Some(scalars) = ecotone_scalars(object)? {
        let written = (!config.scalar.is_zero()).then(|| config.ecotone_scalars()).flatten();
        object.either(("scalar", written), ("baseFeeScalar", Some(scalars)))?;
        if config.scalar.is_zero() {
            config.scalar = scalars.encode();
        }
    }
    Ok(config)
}

/// The packed field, or Kona's two. One of Kona's that is absent is 0.
fn eip1559_params(object: &Object<'_>) -> Result<Option<[u8; 8]>, RollupError> {
    let denominator = object.number("eip1559Denominator")?;
    let elasticity = object.number("eip1559Elasticity")?;
    let named = (denominator.is_some() || elasticity.is_some()).then(|| {
        let config = SystemConfig {
            eip1559_denominator: denominator.unwrap_or(0),
            eip1559_elasticity: elasticity.unwrap_or(0),
            ..SystemConfig::default()
        };
        config.eip1559_params()
    });
    object.either(("eip1559Params", object.bytes("eip1559Params")?), ("eip1559Denominator", named))
}

/// The packed field, or Kona's two. One of Kona's that is absent is 0.
fn operator_fee_params(object: &Object<'_>) -> Result<Option<[u8; 32]>, RollupError> {
    let scalar = object.number("operatorFeeScalar")?;
    let constant = object.u64("operatorFeeConstant")?;
    let named = (scalar.is_some() || constant.is_some()).then(|| {
        let config = SystemConfig {
            operator_fee_scalar: scalar.unwrap_or(0),
            operator_fee_constant: constant.unwrap_or(0),
            ..SystemConfig::default()
        };
        config.operator_fee_params().0
    });
    object.either(("operatorFeeParams", object.bytes("operatorFeeParams")?), ("operatorFeeScalar", named))
}

/// Kona's fields for what `scalar` encodes.
fn ecotone_scalars(object: &Object<'_>) -> Result<Option<EcotoneScalars>, RollupError> {
    let blob_base_fee_scalar = object.number("blobBaseFeeScalar")?.unwrap_or(0);
    let base_fee_scalar = object.number("baseFeeScalar")?;
    Ok(base_fee_scalar.map(|base_fee_scalar| EcotoneScalars { base_fee_scalar, blob_base_fee_scalar }))
}

fn forks(root: &Object<'_>) -> Result<ForkTimes, RollupError> {
    let mut forks = ForkTimes::BEDROCK;
    for fork in Fork::ALL {
        forks.set(fork, root.u64(fork.field())?);
    }
    let lagoon = (Fork::Lagoon.field(), forks.get(Fork::Lagoon));
    forks.set(Fork::Lagoon, root.either(lagoon, (INTEROP, root.u64(INTEROP)?))?);
    let written = forks.clone();
    forks.imply_earlier();
    forks.require_order().map_err(|error| implied(error, &written, root))?;
    forks.unknown = root.unknown_forks(FORK_SUFFIX, is_known_time)?;
    Ok(forks)
}

/// An error about the order of forks. If the file leaves out the later fork, the error names the field that schedules it.
fn implied(error: RollupError, written: &ForkTimes, root: &Object<'_>) -> RollupError {
    let RollupError::ForkOrder { earlier, earlier_time: Some(earlier_time), later: implied, later_time } =
        error
    else {
        return error;
    };
    let from = Fork::ALL.into_iter().skip_while(|fork| fork.field() != implied);
    match from.into_iter().find(|fork| written.get(*fork).is_some()) {
        Some(fork) if fork.field() != implied => {
            let is_interop = fork == Fork::Lagoon && !root.has(fork.field());
            let later = if is_interop { INTEROP } else { fork.field() };
            RollupError::ImpliedForkOrder { earlier, earlier_time, implied, later, later_time }
        }
        _ => error,
    }
}

/// Whether this program knows the field `name`, which ends in [`FORK_SUFFIX`].
fn is_known_time(name: &str) -> bool {
    NOT_FORKS.contains(&name) || Fork::ALL.iter().any(|fork| fork.field() == name)
}

/// A number, or the name that Kona writes for chains it knows.
fn l2_chain_id(root: &Object<'_>) -> Result<u64, RollupError> {
    const NAME: &str = "l2_chain_id";
    match root.text(NAME).and_then(registry::chain_id) {
        Some(id) => Ok(id),
        None => root.require(root.u64(NAME)?, NAME),
    }
}

/// The parameters from their object, or from the two that Kona wrote before 2025.
fn base_fee_config(root: &Object<'_>) -> Result<Option<BaseFeeConfig>, RollupError> {
    let now = root.object("chain_op_config")?.map(|object| {
        let number = |name| object.require(object.u64(name)?, name);
        Ok(BaseFeeConfig {
            elasticity: number("eip1559Elasticity")?,
            denominator: number("eip1559Denominator")?,
            denominator_canyon: object
                .u64("eip1559DenominatorCanyon")?
                .unwrap_or(BaseFeeConfig::OPTIMISM.denominator_canyon),
        })
    });
    let before = old_base_fee_config(root)?;
    root.either(("chain_op_config", now.transpose()?), ("base_fee_params", before))
}

fn old_base_fee_config(root: &Object<'_>) -> Result<Option<BaseFeeConfig>, RollupError> {
    let Some(bedrock) = root.object("base_fee_params")? else { return Ok(None) };
    let canyon = root.object("canyon_base_fee_params")?.unwrap_or_else(|| bedrock.clone());
    let (elasticity, denominator) = ("elasticity_multiplier", "max_change_denominator");
    Ok(Some(BaseFeeConfig {
        elasticity: bedrock.require(bedrock.u64(elasticity)?, elasticity)?,
        denominator: bedrock.require(bedrock.u64(denominator)?, denominator)?,
        denominator_canyon: canyon.require(canyon.u64(denominator)?, denominator)?,
    }))
}

/// Data availability outside L1, from its own object or from the older fields at the top.
fn alt_da(root: &Object<'_>) -> Result<Option<AltDaConfig>, RollupError> {
    let old = root.fixed("da_challenge_address")?.filter(|address: &Address| !address.is_zero());
    let is_used =
        root.either(("use_plasma", root.flag("use_plasma")?), ("use_alt_da", root.flag("use_alt_da")?))?;
    if let Some(object) = root.object("alt_da")? {
        root.either(("alt_da", Some(true)), ("use_plasma", is_used))?;
        let address = object.either(
            ("da_challenge_contract_address", object.fixed("da_challenge_contract_address")?),
            ("da_challenge_address", object.fixed("da_challenge_address")?),
        )?;
        let address = root.either(("alt_da", address), ("da_challenge_address", old))?;
        return Ok(Some(AltDaConfig {
            challenge_address: address.unwrap_or_default(),
            challenge_window: object.u64("da_challenge_window")?.unwrap_or(0),
            resolve_window: object.u64("da_resolve_window")?.unwrap_or(0),
        }));
    }
    let is_used = root.either(("da_challenge_address", old.map(|_| true)), ("use_plasma", is_used))?;
    Ok((is_used == Some(true))
        .then(|| AltDaConfig { challenge_address: old.unwrap_or_default(), ..AltDaConfig::default() }))
}

impl<'de> Deserialize<'de> for RollupConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = unique::read(deserializer)?;
        value.and_then(|value| Self::from_value(&value)).map_err(D::Error::custom)
    }
}

/// op-node's form. `protocol_versions_address` is always there, because Kona asks for it.
impl Serialize for RollupConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("genesis", &self.genesis)?;
        map.serialize_entry("block_time", &self.block_time)?;
        map.serialize_entry("max_sequencer_drift", &self.max_sequencer_drift)?;
        map.serialize_entry("seq_window_size", &self.seq_window_size)?;
        map.serialize_entry("channel_timeout", &self.channel_timeout)?;
        if self.granite_channel_timeout != CHANNEL_TIMEOUT_GRANITE {
            map.serialize_entry("granite_channel_timeout", &self.granite_channel_timeout)?;
        }
        map.serialize_entry("l1_chain_id", &self.l1_chain_id)?;
        map.serialize_entry("l2_chain_id", &self.l2_chain_id)?;
        for fork in Fork::ALL {
            if let Some(time) = self.forks.get(fork) {
                map.serialize_entry(fork.field(), &time)?;
            }
        }
        for fork in self.forks.unknown.iter() {
            map.serialize_entry(&fork.field, &fork.time)?;
        }
        if self.keep_karst_upgrade_gas {
            map.serialize_entry("keep_karst_upgrade_gas", &true)?;
        }
        if let Some(time) = self.pectra_blob_schedule_time {
            map.serialize_entry("pectra_blob_schedule_time", &time)?;
        }
        map.serialize_entry("batch_inbox_address", &self.batch_inbox_address.to_string())?;
        map.serialize_entry("deposit_contract_address", &self.deposit_contract_address.to_string())?;
        map.serialize_entry("l1_system_config_address", &self.l1_system_config_address.to_string())?;
        let protocol_versions = self.protocol_versions_address.unwrap_or_default();
        map.serialize_entry("protocol_versions_address", &protocol_versions.to_string())?;
        if let Some(address) = self.superchain_config_address {
            map.serialize_entry("superchain_config_address", &address.to_string())?;
        }
        map.serialize_entry("chain_op_config", &self.chain_op_config)?;
        if let Some(alt_da) = &self.alt_da {
            map.serialize_entry("alt_da", alt_da)?;
        }
        map.end()
    }
}

impl Serialize for ChainGenesis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("ChainGenesis", 4)?;
        fields.serialize_field("l1", &BlockId(self.l1))?;
        fields.serialize_field("l2", &BlockId(self.l2))?;
        fields.serialize_field("l2_time", &self.l2_time)?;
        fields.serialize_field("system_config", &self.system_config)?;
        fields.end()
    }
}

/// A block reference with its number as a JSON number.
struct BlockId(BlockNumHash);

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("BlockId", 2)?;
        fields.serialize_field("hash", &self.0.hash.to_string())?;
        fields.serialize_field("number", &self.0.number)?;
        fields.end()
    }
}

impl Serialize for SystemConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("SystemConfig", 8)?;
        fields.serialize_field("batcherAddr", &self.batcher_address.to_string())?;
        fields.serialize_field("overhead", &B256::from(self.overhead).to_string())?;
        fields.serialize_field("scalar", &B256::from(self.scalar).to_string())?;
        fields.serialize_field("gasLimit", &self.gas_limit)?;
        let params = alloy_primitives::hex::encode_prefixed(self.eip1559_params());
        fields.serialize_field("eip1559Params", &params)?;
        fields.serialize_field("operatorFeeParams", &self.operator_fee_params().to_string())?;
        fields.serialize_field("minBaseFee", &self.min_base_fee)?;
        fields.serialize_field("daFootprintGasScalar", &self.da_footprint_gas_scalar)?;
        fields.end()
    }
}

impl Serialize for BaseFeeConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("BaseFeeConfig", 3)?;
        fields.serialize_field("eip1559Elasticity", &self.elasticity)?;
        fields.serialize_field("eip1559Denominator", &self.denominator)?;
        fields.serialize_field("eip1559DenominatorCanyon", &self.denominator_canyon)?;
        fields.end()
    }
}

impl Serialize for AltDaConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("AltDaConfig", 4)?;
        fields.serialize_field("da_challenge_contract_address", &self.challenge_address.to_string())?;
        let generic = self.challenge_address.is_zero();
        let commitment = if generic { "GenericCommitment" } else { "KeccakCommitment" };
        fields.serialize_field("da_commitment_type", commitment)?;
        fields.serialize_field("da_challenge_window", &self.challenge_window)?;
        fields.serialize_field("da_resolve_window", &self.resolve_window)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests;
