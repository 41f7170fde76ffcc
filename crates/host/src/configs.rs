//! The configs that users give: where each comes from, and the check of them all.

use alloy_primitives::Bytes;
use serde::Serialize;
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};
use tribunal_rollup::{ClaimConfigs, ClaimedChains, L1ChainConfig, RollupConfig, RollupError, registry};

use crate::{
    error::{HostError, HostResult},
    local::LocalKeyFlavour,
};

/// The longest JSON file that is read, in bytes.
const MAX_JSON: u64 = 64 << 20;

/// A config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFile {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its contents.
    pub json: Bytes,
}

impl ConfigFile {
    /// Reads a file. Only that it is JSON is checked; [`ChainConfigs::check`] checks the rest.
    ///
    /// # Errors
    /// [`HostError::Io`], and [`HostError::Field`] for a file that is too long or not JSON.
    pub fn read(path: &Path) -> HostResult<Self> {
        match Self::read_optional(path)? {
            Some(config) => Ok(config),
            None => Err(HostError::io(path)(ErrorKind::NotFound.into())),
        }
    }

    /// The same, for a file that need not exist.
    pub(crate) fn read_optional(path: &Path) -> HostResult<Option<Self>> {
        let Some(json) = read_json(path)? else { return Ok(None) };
        serde_json::from_slice::<serde::de::IgnoredAny>(&json).map_err(|error| not_json(path, &error))?;
        Ok(Some(Self { path: path.into(), json: json.into() }))
    }

    fn parse<C>(&self, parse: fn(&[u8]) -> Result<C, RollupError>) -> HostResult<C> {
        parse(&self.json).map_err(|source| HostError::ConfigFile { path: self.path.clone(), source })
    }
}

/// The config files of a claim. A chain that is built in needs none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChainConfigs {
    /// The rollup config in Kona's form.
    pub rollup: Option<ConfigFile>,
    /// The rollup config exactly as op-node prints it.
    pub rollup_op_node: Option<ConfigFile>,
    /// The L1 chain config.
    pub l1: Option<ConfigFile>,
    /// The L2 execution chain config.
    pub l2: Option<ConfigFile>,
    /// The dependency set of interoperating chains.
    pub dependency_set: Option<ConfigFile>,
}

impl ChainConfigs {
    /// The rollup config that programs of this flavour read.
    pub(crate) fn rollup_of(&self, flavour: LocalKeyFlavour) -> Option<&ConfigFile> {
        match flavour {
            LocalKeyFlavour::Kona => self.rollup.as_ref(),
            LocalKeyFlavour::OpProgram => self.rollup_op_node.as_ref(),
        }
    }

    /// Checks the configs that a program of this flavour reads, with each other and with the chain ids of the claim, as
    /// Tribunal's client does. Says which configs decide the claim.
    ///
    /// # Errors
    /// [`HostError::ConfigFile`] for a file that cannot be used, naming file and field; [`HostError::Configs`] for
    /// chain ids that contradict each other, and for a chain that is not built in and has no config.
    pub fn check(&self, claimed: ClaimedChains, flavour: LocalKeyFlavour) -> HostResult<UsedConfigs> {
        let rollup = self.rollup_of(flavour);
        let rollup_config = rollup.map(|file| file.parse(RollupConfig::from_json)).transpose()?;
        let l1_config = self.l1.as_ref().map(|file| file.parse(L1ChainConfig::from_json)).transpose()?;
        let configs = ClaimConfigs::choose(claimed, rollup_config, l1_config)?;
        if let (LocalKeyFlavour::OpProgram, Some(file)) = (flavour, &self.l2) {
            // The chain config of an L2 has the form of an L1's.
            let l2 = file.parse(L1ChainConfig::from_json)?;
            configs.require_l2_chain_id(l2.chain_id)?;
        }
        Ok(UsedConfigs::new(&configs, rollup, self.l1.as_ref()))
    }
}

/// The configs that decide a claim, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedConfigs {
    /// The rollup config.
    pub rollup: UsedConfig,
    /// The L1 config.
    pub l1: UsedConfig,
}

/// One of the configs that decide a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedConfig {
    /// The id of the chain that it describes.
    pub chain_id: u64,
    /// The file that it comes from, or `built-in`.
    pub source: String,
    /// For a file: whether the chain has a built-in config with other rules.
    pub differs_from_built_in: bool,
    /// Fields of the file that Tribunal does not know and does not use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_fields: Vec<String>,
}

impl UsedConfigs {
    fn new(configs: &ClaimConfigs, rollup: Option<&ConfigFile>, l1: Option<&ConfigFile>) -> Self {
        let built_in = registry::rollup_config(configs.rollup.l2_chain_id);
        let other_rollup = built_in.is_ok_and(|built_in| !built_in.has_same_rules(&configs.rollup));
        let other_l1 =
            registry::l1_config(configs.l1.chain_id).is_some_and(|built_in| built_in != configs.l1);
        Self {
            rollup: UsedConfig::new(
                configs.rollup.l2_chain_id,
                rollup,
                other_rollup,
                RollupConfig::unknown_fields,
            ),
            l1: UsedConfig::new(configs.l1.chain_id, l1, other_l1, L1ChainConfig::unknown_fields),
        }
    }

    /// Logs which configs are used. A file that differs from the built-in config is a warning, and so are unknown
    /// fields.
    pub fn log(&self) {
        self.rollup.log("rollup config");
        self.l1.log("L1 config");
    }
}

impl UsedConfig {
    fn new(
        chain_id: u64,
        file: Option<&ConfigFile>,
        differs_from_built_in: bool,
        unknown_fields: fn(&[u8]) -> Vec<String>,
    ) -> Self {
        Self {
            chain_id,
            source: file.map_or_else(|| "built-in".into(), |file| file.path.display().to_string()),
            differs_from_built_in,
            unknown_fields: file.map(|file| unknown_fields(&file.json)).unwrap_or_default(),
        }
    }

    fn log(&self, name: &str) {
        let Self { chain_id, source, .. } = self;
        tracing::info!("{name} of chain {chain_id}: {source}");
        if self.differs_from_built_in {
            tracing::warn!("{source} is used, and differs from the built-in {name} of chain {chain_id}");
        }
        if !self.unknown_fields.is_empty() {
            let fields = self.unknown_fields.join(", ");
            tracing::warn!("{source} has fields that this program does not know and does not use: {fields}");
        }
    }
}

/// The contents of a JSON file, none if there is no file.
pub(crate) fn read_json(path: &Path) -> HostResult<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(HostError::io(path)(error)),
    };
    let mut contents = Vec::new();
    file.take(MAX_JSON + 1).read_to_end(&mut contents).map_err(HostError::io(path))?;
    if contents.len() as u64 > MAX_JSON {
        let reason = format!("is longer than {MAX_JSON} bytes");
        return Err(HostError::Field { path: path.into(), field: "the file".into(), reason });
    }
    Ok(Some(contents))
}

/// The error for a file that is not JSON.
pub(crate) fn not_json(path: &Path, error: &serde_json::Error) -> HostError {
    HostError::Field { path: path.into(), field: "the file".into(), reason: format!("is not JSON: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn file(path: &str, json: &Value) -> Option<ConfigFile> {
        Some(ConfigFile { path: path.into(), json: json.to_string().into_bytes().into() })
    }

    /// OP Mainnet's rollup config, with a field changed.
    fn op_mainnet(field: &str, value: Value) -> Value {
        let mut json = serde_json::to_value(registry::rollup_config(10).unwrap()).unwrap();
        json[field] = value;
        json
    }

    fn check(configs: &ChainConfigs, l2: u64) -> HostResult<UsedConfigs> {
        configs.check(ClaimedChains { l1: None, l2: Some(l2) }, LocalKeyFlavour::Kona)
    }

    #[test]
    fn what_is_used_is_named_with_its_source() {
        let used = check(&ChainConfigs::default(), 10).unwrap();
        assert_eq!((used.rollup.chain_id, used.rollup.source.as_str()), (10, "built-in"));
        assert_eq!((used.l1.chain_id, used.l1.source.as_str()), (1, "built-in"));

        // Contracts that have no part in derivation make no difference.
        let same = op_mainnet("protocol_versions_address", json!(format!("0x{:040x}", 0)));
        let configs = ChainConfigs { rollup: file("same.json", &same), ..Default::default() };
        let used = check(&configs, 10).unwrap().rollup;
        assert_eq!((used.source.as_str(), used.differs_from_built_in), ("same.json", false));

        let mut other = op_mainnet("seq_window_size", json!(7));
        other["sequencer_name"] = json!("me");
        let configs = ChainConfigs { rollup: file("other.json", &other), ..Default::default() };
        let used = check(&configs, 10).unwrap().rollup;
        assert!(used.differs_from_built_in);
        assert_eq!(used.unknown_fields, ["sequencer_name"]);
    }

    #[test]
    fn an_l1_config_that_is_given_is_read() {
        let blobs = json!({ "target": 3, "max": 6, "baseFeeUpdateFraction": 3_338_477 });
        let l1 = json!({ "chainId": 1, "cancunTime": 5, "blobSchedule": { "cancun": blobs } });
        let configs = ChainConfigs { l1: file("l1.json", &l1), ..Default::default() };
        let used = check(&configs, 10).unwrap().l1;
        assert_eq!((used.source.as_str(), used.differs_from_built_in), ("l1.json", true));

        let configs = ChainConfigs { l1: file("garbage.json", &json!([1])), ..Default::default() };
        let error = check(&configs, 10).unwrap_err().to_string();
        assert!(error.contains("garbage.json"), "{error}");
    }

    #[test]
    fn op_programs_l2_config_must_be_of_the_chain() {
        let mut configs = ChainConfigs {
            rollup_op_node: file("rollup.json", &op_mainnet("block_time", json!(2))),
            l2: file("l2.json", &json!({ "chainId": 10, "cancunTime": 0, "optimism": {} })),
            ..Default::default()
        };
        let check =
            |configs: &ChainConfigs| configs.check(ClaimedChains::default(), LocalKeyFlavour::OpProgram);
        assert_eq!(check(&configs).unwrap().rollup.source, "rollup.json");
        configs.l2 = file("l2.json", &json!({ "chainId": 11, "optimism": {} }));
        let error = check(&configs).unwrap_err().to_string();
        assert!(error.contains("10 in the rollup config, 11 in the L2 config"), "{error}");
    }
}
