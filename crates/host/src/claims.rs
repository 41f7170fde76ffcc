//! Fixture folders: claims, configurations and pre-images.

use alloy_primitives::{B256, Bytes};
use serde_json::Value;
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    error::{HostError, HostResult},
    local::{BootValues, ChainConfigs},
    store::{self, PreimageStore},
};

/// The longest JSON file that is read, in bytes.
const MAX_JSON: u64 = 64 << 20;

/// A claim, and what is said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What a program is told.
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

/// A folder with `claim.json` (one claim) or `claims.json` (many), configurations and a pre-image file.
#[derive(Debug, Clone)]
pub struct FixtureFolder {
    path: PathBuf,
    /// Where the claims come from.
    pub claims_file: PathBuf,
    /// The claims, in the order of the file.
    pub claims: Vec<Claim>,
    /// The configurations that the folder has.
    pub configs: ChainConfigs,
}

impl FixtureFolder {
    /// Reads claims and configurations.
    ///
    /// # Errors
    /// [`HostError::Field`] naming file and field, and [`HostError::Io`].
    pub fn read(path: impl Into<PathBuf>) -> HostResult<Self> {
        let path = path.into();
        let many = path.join("claims.json");
        let one = path.join("claim.json");
        let (claims_file, json) = match read_optional(&many)? {
            Some(json) => (many, json),
            None => match read_optional(&one)? {
                Some(json) => (one, json),
                None => {
                    let reason = "has neither claims.json nor claim.json".into();
                    return Err(HostError::Field { path, field: "the folder".into(), reason });
                }
            },
        };
        let claims = parse_claims(&claims_file, &json)?;
        let configs = ChainConfigs {
            rollup: read_config(&path.join("rollup.json"))?,
            rollup_op_node: read_config(&path.join("rollup-op-node.json"))?,
            l1: read_config(&path.join("l1-genesis-config.json"))?,
            l2: read_config(&path.join("l2-chain-config.json"))?,
            dependency_set: read_config(&path.join("dependency-set.json"))?,
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
    let value: Value = serde_json::from_slice(json).map_err(|error| malformed(path, &error))?;
    match value {
        Value::Array(claims) => claims
            .iter()
            .enumerate()
            .map(|(i, claim)| Fields::new(path, format!("[{i}]."), claim).claim())
            .collect(),
        claim => Ok(vec![Fields::new(path, String::new(), &claim).claim()?]),
    }
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
                claimed_block_number: self.required("claimed_l2_block_number", Value::as_u64)?,
                chain_id: self.required("l2_chain_id", Value::as_u64)?,
            },
            agreed_l2_head_hash: self.optional("agreed_l2_head_hash", hash)?,
            l1_chain_id: self.optional("l1_chain_id", Value::as_u64)?,
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

/// A hash: `0x` and 64 hexadecimal digits.
fn hash(value: &Value) -> Option<B256> {
    value.as_str().filter(|text| text.len() == 66 && text.starts_with("0x"))?.parse().ok()
}

fn object(value: &Value) -> Option<Value> {
    value.is_object().then(|| value.clone())
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(String::from)
}

/// Reads a configuration as it is; that it is JSON is all that is checked here.
fn read_config(path: &Path) -> HostResult<Option<Bytes>> {
    let Some(json) = read_optional(path)? else { return Ok(None) };
    serde_json::from_slice::<serde::de::IgnoredAny>(&json).map_err(|error| malformed(path, &error))?;
    Ok(Some(json.into()))
}

fn read_optional(path: &Path) -> HostResult<Option<Vec<u8>>> {
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

fn malformed(path: &Path, error: &serde_json::Error) -> HostError {
    HostError::Field { path: path.into(), field: "the file".into(), reason: format!("is not JSON: {error}") }
}
