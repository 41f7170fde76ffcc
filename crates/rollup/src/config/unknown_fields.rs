//! The fields of a config file that this program does not know. It does not use them, and warns of them.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};

use serde_json::{Map, Value};

use super::{Fork, L1ChainConfig, RollupConfig};

/// The fields that are known in an object, by the object's path. The fields of other objects are not checked.
type Known = [(&'static str, &'static [&'static str])];

const ROLLUP: &Known = &[
    (
        "",
        &[
            "genesis",
            "block_time",
            "max_sequencer_drift",
            "seq_window_size",
            "channel_timeout",
            "granite_channel_timeout",
            "l1_chain_id",
            "l2_chain_id",
            "interop_time",
            "keep_karst_upgrade_gas",
            "pectra_blob_schedule_time",
            "batch_inbox_address",
            "deposit_contract_address",
            "l1_system_config_address",
            "protocol_versions_address",
            "superchain_config_address",
            "chain_op_config",
            "base_fee_params",
            "canyon_base_fee_params",
            "alt_da",
            "da_challenge_address",
            "da_challenge_window",
            "da_resolve_window",
            "use_plasma",
            "use_alt_da",
            // No part in the derivation of a single chain.
            "interop_message_expiry_window",
        ],
    ),
    ("genesis", &["l1", "l2", "l2_time", "system_config"]),
    ("genesis.l1", &["hash", "number"]),
    ("genesis.l2", &["hash", "number"]),
    (
        "genesis.system_config",
        &[
            "batcherAddr",
            "batcherAddress",
            "overhead",
            "scalar",
            "gasLimit",
            "baseFeeScalar",
            "blobBaseFeeScalar",
            "eip1559Params",
            "eip1559Denominator",
            "eip1559Elasticity",
            "operatorFeeParams",
            "operatorFeeScalar",
            "operatorFeeConstant",
            "minBaseFee",
            "daFootprintGasScalar",
        ],
    ),
    ("chain_op_config", &["eip1559Elasticity", "eip1559Denominator", "eip1559DenominatorCanyon"]),
];

const L1: &Known = &[
    (
        "",
        &[
            "chainId",
            "homesteadBlock",
            "daoForkBlock",
            "daoForkSupport",
            "eip150Block",
            "eip150Hash",
            "eip155Block",
            "eip158Block",
            "byzantiumBlock",
            "constantinopleBlock",
            "petersburgBlock",
            "istanbulBlock",
            "muirGlacierBlock",
            "berlinBlock",
            "londonBlock",
            "arrowGlacierBlock",
            "grayGlacierBlock",
            "mergeNetsplitBlock",
            "bedrockBlock",
            "terminalTotalDifficulty",
            "terminalTotalDifficultyPassed",
            "depositContractAddress",
            "enableVerkleAtGenesis",
            "ethash",
            "clique",
            "parlia",
            "optimism",
            "blobSchedule",
        ],
    ),
    ("blobSchedule", &["cancun", "prague", "osaka", "bpo1", "bpo2", "bpo3", "bpo4", "bpo5"]),
];

impl RollupConfig {
    /// The fields of a rollup config in JSON that this program does not know, each with its path; none if `json` is not
    /// a JSON object.
    ///
    /// ```
    /// use tribunal_rollup::RollupConfig;
    ///
    /// let json = br#"{"l1_chain_id": 1, "genesis": {"l3": {}}, "zeus_time": 0}"#;
    /// assert_eq!(RollupConfig::unknown_fields(json), ["genesis.l3", "zeus_time"]);
    /// ```
    pub fn unknown_fields(json: &[u8]) -> Vec<String> {
        let Ok(Value::Object(fields)) = serde_json::from_slice(json) else { return Vec::new() };
        let mut unknown = unknown(&fields, "", ROLLUP);
        unknown.retain(|name| Fork::ALL.iter().all(|fork| fork.field() != name));
        unknown
    }
}

impl L1ChainConfig {
    /// The fields of an L1 config in JSON that this program does not know, each with its path; none if `json` is not a
    /// JSON object.
    pub fn unknown_fields(json: &[u8]) -> Vec<String> {
        let Ok(Value::Object(file)) = serde_json::from_slice(json) else { return Vec::new() };
        let fields = file.get("config").and_then(Value::as_object).unwrap_or(&file);
        let mut unknown = unknown(fields, "", L1);
        unknown.retain(|name| !super::l1::is_known_time(name));
        unknown
    }
}

/// The fields of the object at `path` that `known` does not list.
fn unknown(fields: &Map<String, Value>, path: &str, known: &Known) -> Vec<String> {
    let Some((_, names)) = known.iter().find(|(listed, _)| *listed == path) else { return Vec::new() };
    let mut unknown_here = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        match value {
            _ if !names.contains(&name.as_str()) => unknown_here.push(path.to_string()),
            Value::Object(inner) => unknown_here.extend(unknown(inner, &path, known)),
            _ => {}
        }
    }
    unknown_here
}
