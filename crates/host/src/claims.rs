//! Fixture folders: claims, configs and pre-images.

use alloy_primitives::{B256, U256};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tribunal_rollup::{ClaimedChains, RollupError, fixed_bytes, parse_unique, quantity};

use crate::{
    configs::{ChainConfigs, ConfigFile, read_json},
    error::{HostError, HostResult},
    local::BootValues,
    store::{self, PreimageStore},
};

/// A claim, and what its file says about it. It is serialised as claim files have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The values that a program reads.
    pub boot: BootValues,
    /// Hash of the agreed L2 block.
    pub agreed_l2_head_hash: Option<B256>,
    /// The L1 chain id.
    pub l1_chain_id: Option<u64>,
    /// The right verdict, where the file has it.
    pub valid: Option<bool>,
    /// What the claim is about.
    pub note: Option<String>,
    /// The hash that the claimed block must get.
    pub expected_block_hash: Option<B256>,
}

impl Claim {
    /// The chain ids that the claim names.
    #[must_use]
    pub const fn chains(&self) -> ClaimedChains {
        ClaimedChains { l1: self.l1_chain_id, l2: Some(self.boot.chain_id) }
    }
}

impl Serialize for Claim {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Expected {
            l2_block_hash: B256,
        }
        #[derive(Serialize)]
        struct Fields<'a> {
            l1_head: B256,
            #[serde(skip_serializing_if = "Option::is_none")]
            agreed_l2_head_hash: Option<B256>,
            agreed_l2_output_root: B256,
            claimed_l2_output_root: B256,
            claimed_l2_block_number: u64,
            l2_chain_id: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            l1_chain_id: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            valid: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            note: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            expected: Option<Expected>,
        }
        let fields = Fields {
            l1_head: self.boot.l1_head,
            agreed_l2_head_hash: self.agreed_l2_head_hash,
            agreed_l2_output_root: self.boot.agreed_output_root,
            claimed_l2_output_root: self.boot.claimed_output_root,
            claimed_l2_block_number: self.boot.claimed_block_number,
            l2_chain_id: self.boot.chain_id,
            l1_chain_id: self.l1_chain_id,
            valid: self.valid,
            note: self.note.as_deref(),
            expected: self.expected_block_hash.map(|l2_block_hash| Expected { l2_block_hash }),
        };
        fields.serialize(serializer)
    }
}

/// A folder with `claim.json` (one claim) or `claims.json` (many), configs and a pre-image file.
#[derive(Debug, Clone)]
pub struct FixtureFolder {
    path: PathBuf,
    /// Where the claims come from.
    pub claims_file: PathBuf,
    /// The claims, in the order of the file.
    pub claims: Vec<Claim>,
    /// The configs of the folder.
    pub configs: ChainConfigs,
}

impl FixtureFolder {
    /// Reads claims and configs.
    ///
    /// # Errors
    /// [`HostError::Field`] naming file and field, and [`HostError::Io`].
    pub fn read(path: impl Into<PathBuf>) -> HostResult<Self> {
        let path = path.into();
        let many = path.join("claims.json");
        let one = path.join("claim.json");
        let (claims_file, json) = match read_json(&many)? {
            Some(json) => (many, json),
            None => match read_json(&one)? {
                Some(json) => (one, json),
                None => {
                    let reason = "is missing, and so is claim.json".into();
                    return Err(HostError::Field { path, field: "claims.json".into(), reason });
                }
            },
        };
        let claims = parse_claims(&claims_file, &json)?;
        let config = |name: &str| ConfigFile::read_optional(&path.join(name));
        let configs = ChainConfigs {
            rollup: config("rollup.json")?,
            rollup_op_node: config("rollup-op-node.json")?,
            l1: config("l1-genesis-config.json")?,
            l2: config("l2-chain-config.json")?,
            dependency_set: config("dependency-set.json")?,
        };
        Ok(Self { path, claims_file, claims, configs })
    }

    /// The pre-images of the folder, in memory.
    ///
    /// # Errors
    /// Those of [`store::open`].
    pub fn open_store(&self) -> HostResult<Arc<dyn PreimageStore>> {
        store::open(&self.path.join(crate::fixture::PREIMAGES))
    }
}

/// Reads the claims from the JSON of a claim file: one object, or an array of them. `path` is what errors name.
///
/// # Errors
/// [`HostError::Field`] naming file and field.
pub fn parse_claims(path: &Path, json: &[u8]) -> HostResult<Vec<Claim>> {
    match unique(path, json)? {
        Value::Array(claims) => claims
            .iter()
            .enumerate()
            .map(|(i, claim)| Fields::new(path, format!("[{i}]."), claim).claim())
            .collect(),
        claim => Ok(vec![Fields::new(path, String::new(), &claim).claim()?]),
    }
}

/// Parses a file in which no claim has a field twice.
fn unique(path: &Path, json: &[u8]) -> HostResult<Value> {
    parse_unique(json).map_err(|error| {
        let (field, reason) = match error {
            RollupError::Field { field, reason } => (field, reason),
            RollupError::Json(error) => ("the file".into(), format!("is not JSON: {error}")),
            other => ("the file".into(), other.to_string()),
        };
        HostError::Field { path: path.into(), field, reason }
    })
}

/// The fields of one claim.
struct Fields<'a> {
    path: &'a Path,
    prefix: String,
    claim: &'a Value,
}

impl<'a> Fields<'a> {
    fn new(path: &'a Path, prefix: String, claim: &'a Value) -> Self {
        Self { path, prefix, claim }
    }

    fn claim(&self) -> HostResult<Claim> {
        Ok(Claim {
            boot: BootValues {
                l1_head: self.required("l1_head", hash)?,
                agreed_output_root: self.required("agreed_l2_output_root", hash)?,
                claimed_output_root: self.required("claimed_l2_output_root", hash)?,
                claimed_block_number: self.required("claimed_l2_block_number", number)?,
                chain_id: self.required("l2_chain_id", number)?,
            },
            agreed_l2_head_hash: self.optional("agreed_l2_head_hash", hash)?,
            l1_chain_id: self.optional("l1_chain_id", number)?,
            valid: self.optional("valid", Value::as_bool)?,
            note: match self.optional("note", text)? {
                Some(note) => Some(note),
                None => self.optional("description", text)?,
            },
            expected_block_hash: match self.optional("expected", object)? {
                Some(expected) => Fields::new(self.path, format!("{}expected.", self.prefix), &expected)
                    .optional("l2_block_hash", hash)?,
                None => None,
            },
        })
    }

    fn required<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> HostResult<T> {
        self.optional(name, read)?.ok_or_else(|| self.error(name, "is missing".into()))
    }

    fn optional<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> HostResult<Option<T>> {
        match self.claim.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read(value) {
                Some(read) => Ok(Some(read)),
                None => {
                    let shown: String = value.to_string().chars().take(80).collect();
                    Err(self.error(name, format!("cannot be {shown}")))
                }
            },
        }
    }

    fn error(&self, name: &str, reason: String) -> HostError {
        HostError::Field { path: self.path.into(), field: format!("{}{name}", self.prefix), reason }
    }
}

/// A hash: 64 hexadecimal digits, with `0x` or without.
fn hash(value: &Value) -> Option<B256> {
    value.as_str().and_then(fixed_bytes).map(B256::new)
}

/// A 64-bit number: a JSON number, decimal digits, or hexadecimal ones after `0x`.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => quantity(text).and_then(|number: U256| number.try_into().ok()),
        value => value.as_u64(),
    }
}

fn object(value: &Value) -> Option<Value> {
    value.is_object().then(|| value.clone())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(String::from)
}
