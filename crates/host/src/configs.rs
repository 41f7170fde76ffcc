//! The configs that users give: where each comes from, and the check of them all.

use alloy_primitives::Bytes;
use serde::Serialize;
use std::{
    fmt,
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
    /// [`HostError::NotFound`], [`HostError::Io`], and [`HostError::Field`] for a file that is too long or not JSON.
    pub fn read(path: &Path) -> HostResult<Self> {
        Self::read_optional(path)?
            .ok_or_else(|| HostError::NotFound { path: path.into(), expected: "a config file, in JSON" })
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
    /// Tribunal's client does. Says which configs decide a claim about L2 block `block`.
    ///
    /// # Errors
    /// [`HostError::ConfigFile`] for a file that cannot be used, naming file and field; [`HostError::Configs`] for
    /// chain ids that contradict each other, naming the files, and for a chain that is not built in and has no config.
    pub fn check(
        &self,
        claimed: ClaimedChains,
        block: u64,
        flavour: LocalKeyFlavour,
    ) -> HostResult<UsedConfigs> {
        let rollup = self.rollup_of(flavour);
        let l1 = self.l1.as_ref();
        let l2 = self.l2.as_ref().filter(|_| flavour == LocalKeyFlavour::OpProgram);
        let refused = |source| {
            let origin = |name, file: Option<&ConfigFile>| format!("{name}: {}", Origin::of(file));
            let l2 = l2.map(|file| origin("L2 config", Some(file)));
            let origins = [origin("rollup config", rollup), origin("L1 config", l1)].into_iter().chain(l2);
            HostError::Configs { source, origins: origins.collect::<Vec<_>>().join("; ") }
        };
        let rollup_config = rollup.map(|file| file.parse(RollupConfig::from_json)).transpose()?;
        let l1_config = l1.map(|file| file.parse(L1ChainConfig::from_json)).transpose()?;
        let configs = ClaimConfigs::choose(claimed, rollup_config, l1_config).map_err(refused)?;
        if let Some(file) = l2 {
            // The chain config of an L2 has the form of an L1's.
            let l2 = file.parse(L1ChainConfig::from_json)?;
            configs.require_l2_chain_id(l2.chain_id).map_err(refused)?;
        }
        let predates = configs.rollup.block_time_of(block) > registry::REVISION_TIME;
        Ok(UsedConfigs {
            rollup: UsedConfig::rollup(&configs, rollup, predates),
            l1: UsedConfig::l1(&configs, l1, predates),
            not_used: self.unused_by(flavour).map(|file| file.path.display().to_string()).collect(),
        })
    }

    /// The files that no program of this flavour reads.
    fn unused_by(&self, flavour: LocalKeyFlavour) -> impl Iterator<Item = &ConfigFile> {
        let unused = match flavour {
            LocalKeyFlavour::Kona => [&self.rollup_op_node, &self.l2, &self.dependency_set],
            LocalKeyFlavour::OpProgram => [&self.rollup, &None, &None],
        };
        unused.into_iter().flatten()
    }
}

/// Where a config comes from.
enum Origin<'a> {
    BuiltIn,
    File(&'a Path),
}

impl<'a> Origin<'a> {
    fn of(file: Option<&'a ConfigFile>) -> Self {
        file.map_or(Self::BuiltIn, |file| Self::File(&file.path))
    }
}

impl fmt::Display for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => {
                write!(f, "built-in, as of {} ({})", registry::REVISION, registry::REVISION_DATE)
            }
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// The configs that decide a claim, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedConfigs {
    /// The rollup config.
    pub rollup: UsedConfig,
    /// The L1 config.
    pub l1: UsedConfig,
    /// Files beside them that the program does not read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_used: Vec<String>,
}

/// One of the configs that decide a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsedConfig {
    /// The id of the chain that it describes.
    pub chain_id: u64,
    /// The file that it comes from, or `built-in, as of` and the release whose registry it comes from.
    pub source: String,
    /// For a file: whether the chain has a built-in config with other rules.
    pub differs_from_built_in: bool,
    /// For a built-in config: whether the claim is about a later time than the registry's, so that a fork that was
    /// scheduled since may be missing.
    pub predates_claim: bool,
    /// Fields of the file that Tribunal does not know and does not use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown_fields: Vec<String>,
}

impl UsedConfigs {
    /// Logs which configs are used. Warns of a file that differs from the built-in config, of unknown fields, and of a
    /// built-in config that is older than the claim.
    pub fn log(&self) {
        self.rollup.log("rollup config");
        self.l1.log("L1 config");
        for path in &self.not_used {
            tracing::info!("{path} is not used: the program does not read it");
        }
    }
}

impl UsedConfig {
    fn rollup(configs: &ClaimConfigs, file: Option<&ConfigFile>, predates_claim: bool) -> Self {
        let built_in = registry::rollup_config(configs.rollup.l2_chain_id);
        Self {
            chain_id: configs.rollup.l2_chain_id,
            source: Origin::of(file).to_string(),
            differs_from_built_in: built_in.is_ok_and(|built_in| !built_in.has_same_rules(&configs.rollup)),
            predates_claim: file.is_none() && predates_claim,
            unknown_fields: file.map(|file| RollupConfig::unknown_fields(&file.json)).unwrap_or_default(),
        }
    }

    fn l1(configs: &ClaimConfigs, file: Option<&ConfigFile>, predates_claim: bool) -> Self {
        let built_in = registry::l1_config(configs.l1.chain_id);
        Self {
            chain_id: configs.l1.chain_id,
            source: Origin::of(file).to_string(),
            differs_from_built_in: built_in.is_some_and(|built_in| built_in != configs.l1),
            predates_claim: file.is_none() && predates_claim,
            unknown_fields: file.map(|file| L1ChainConfig::unknown_fields(&file.json)).unwrap_or_default(),
        }
    }

    fn log(&self, name: &str) {
        let Self { chain_id, source, .. } = self;
        tracing::info!("{name} of chain {chain_id}: {source}");
        if self.differs_from_built_in {
            tracing::warn!("{source} is used, and differs from the built-in {name} of chain {chain_id}");
        }
        if self.predates_claim {
            tracing::warn!(
                "{name} of chain {chain_id}: {source}, and a claim is about a later time: the verdict is wrong if a \
                 fork was scheduled since; give the chain's config if there was one"
            );
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
        configs.check(ClaimedChains { l1: None, l2: Some(l2) }, 0, LocalKeyFlavour::Kona)
    }

    #[test]
    fn what_is_used_is_named_with_its_source() {
        let used = check(&ChainConfigs::default(), 10).unwrap();
        let built_in = "built-in, as of optimism v1.19.6 (2026-09-04)";
        assert_eq!((used.rollup.chain_id, used.rollup.source.as_str()), (10, built_in));
        assert_eq!((used.l1.chain_id, used.l1.source.as_str()), (1, built_in));

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
            |configs: &ChainConfigs| configs.check(ClaimedChains::default(), 0, LocalKeyFlavour::OpProgram);
        assert_eq!(check(&configs).unwrap().rollup.source, "rollup.json");
        // Kona's programs read neither.
        let used = self::check(&configs, 10).unwrap();
        assert!(used.rollup.source.starts_with("built-in"));
        assert_eq!(used.not_used, ["rollup.json", "l2.json"]);
        configs.l2 = file("l2.json", &json!({ "chainId": 11, "optimism": {} }));
        let error = check(&configs).unwrap_err().to_string();
        assert!(error.contains("10 in the rollup config, 11 in the L2 config"), "{error}");
        assert!(
            error.contains("rollup config: rollup.json") && error.contains("L2 config: l2.json"),
            "{error}"
        );
    }

    #[test]
    fn an_error_about_two_configs_names_where_both_come_from() {
        let sepolia = json!({ "chainId": 11_155_111 });
        let rollup = file("my-rollup.json", &op_mainnet("block_time", json!(2)));
        let l1 = file("my-l1.json", &sepolia);
        let configs = ChainConfigs { rollup, l1: l1.clone(), ..Default::default() };
        let error = check(&configs, 10).unwrap_err().to_string();
        assert!(error.contains("rollup config: my-rollup.json; L1 config: my-l1.json"), "{error}");

        let error = check(&ChainConfigs { l1, ..Default::default() }, 10).unwrap_err().to_string();
        let built_in = "rollup config: built-in, as of optimism v1.19.6 (2026-09-04); L1 config: my-l1.json";
        assert!(error.contains(built_in), "{error}");
    }

    #[test]
    fn a_claim_later_than_the_registry_is_marked_where_a_config_is_built_in() {
        let first_after = registry::rollup_config(10).unwrap().block_number_at(registry::REVISION_TIME) + 1;
        let claimed = ClaimedChains { l1: None, l2: Some(10) };
        let check = |configs: &ChainConfigs, block| {
            let used = configs.check(claimed, block, LocalKeyFlavour::Kona).unwrap();
            (used.rollup.predates_claim, used.l1.predates_claim)
        };
        let built_in = ChainConfigs::default();
        assert_eq!(check(&built_in, first_after - 1), (false, false));
        assert_eq!(check(&built_in, first_after), (true, true));
        let rollup = file("rollup.json", &op_mainnet("block_time", json!(2)));
        assert_eq!(check(&ChainConfigs { rollup, ..Default::default() }, first_after), (false, true));
    }
}
