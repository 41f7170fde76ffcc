//! The file that remembers which records were verified: a line for each, key and checksum in hexadecimal.

use alloy_primitives::{hex, map::HashMap};
use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    path::Path,
};
use tribunal_preimage::PreimageKey;

use super::super::arena::storable_key;
use crate::error::{HostError, HostResult};

/// Its name in the folder of the store.
pub(super) const FILE: &str = "vouched";

/// Checksums by key.
pub(super) type Checksums = HashMap<PreimageKey, [u8; 32]>;

/// Reads the file, if there is one. A line that is cut off or damaged vouches for nothing, which costs a check and no
/// more.
pub(super) fn read(path: &Path) -> HostResult<Checksums> {
    let lines = match fs::read_to_string(path) {
        Ok(lines) => lines,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => String::new(),
        Err(error) => return Err(HostError::io(path)(error)),
    };
    let entries = lines.lines().filter_map(|line| {
        let (key, digest) = line.split_once(' ')?;
        let (mut key_bytes, mut digest_bytes) = ([0; 32], [0; 32]);
        hex::decode_to_slice(key, &mut key_bytes).ok()?;
        hex::decode_to_slice(digest, &mut digest_bytes).ok()?;
        Some((storable_key(key_bytes)?, digest_bytes))
    });
    Ok(entries.collect())
}

/// Adds lines to the file, in a single write, so that the lines of several processes do not mix.
pub(super) fn append(path: &Path, fresh: &[(PreimageKey, [u8; 32])]) -> HostResult<()> {
    let lines: String = fresh
        .iter()
        .map(|(key, digest)| format!("{} {}\n", hex::encode(key.as_bytes()), hex::encode(digest)))
        .collect();
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()))
        .map_err(HostError::io(path))
}
