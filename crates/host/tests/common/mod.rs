//! What the tests of this crate share.
#![allow(dead_code, missing_docs, reason = "each test binary uses a part of it")]

use alloy_primitives::{Bytes, keccak256};
use proptest::prelude::*;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use tribunal_host::{
    BootValues, ChainConfigs, Checks, Host, LocalInputs, LocalKeyFlavour, Verified, store::PreimageStore,
};
use tribunal_preimage::{PreimageKey, PreimageKeyType, verify::sha256};

pub(crate) type Records = BTreeMap<PreimageKey, Bytes>;

/// Keys of any type that stores keep, with values that need not fit.
pub(crate) fn records(max: usize) -> impl Strategy<Value = Records> {
    let key = (any::<[u8; 32]>(), 2u8..=6)
        .prop_map(|(hash, byte)| PreimageKey::new(hash, PreimageKeyType::from_byte(byte).unwrap()));
    let value = proptest::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from);
    proptest::collection::btree_map(key, value, 0..max)
}

/// A record whose key is the Keccak-256 of its value.
pub(crate) fn hashed(value: &[u8]) -> (PreimageKey, Bytes) {
    (PreimageKey::new_keccak256(keccak256(value)), Bytes::copy_from_slice(value))
}

/// A record whose key is the SHA-256 of its value.
pub(crate) fn sha_hashed(value: &[u8]) -> (PreimageKey, Bytes) {
    (PreimageKey::new_sha256(sha256(value)), Bytes::copy_from_slice(value))
}

pub(crate) fn contents(store: &dyn PreimageStore) -> Records {
    let keys = store.keys().unwrap();
    keys.into_iter().map(|key| (key, store.get(key).unwrap().unwrap())).collect()
}

pub(crate) fn fill(store: &dyn PreimageStore, records: &Records) {
    store.put_all(&mut records.iter().map(|(key, value)| (*key, value.clone()))).unwrap();
}

/// The file format, uncompressed.
pub(crate) fn raw(records: &Records) -> Vec<u8> {
    let mut raw = Vec::new();
    for (key, value) in records {
        raw.extend_from_slice(key.as_bytes());
        raw.extend_from_slice(&(value.len() as u64).to_be_bytes());
        raw.extend_from_slice(value);
    }
    raw
}

pub(crate) fn compressed(raw: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(raw, 1).unwrap()
}

pub(crate) fn local_inputs() -> LocalInputs {
    let values = BootValues {
        l1_head: [1; 32].into(),
        agreed_output_root: [2; 32].into(),
        claimed_output_root: [3; 32].into(),
        claimed_block_number: 4,
        chain_id: 5,
    };
    LocalInputs::new(values, ChainConfigs::default(), LocalKeyFlavour::Kona)
}

pub(crate) fn host(store: Arc<dyn PreimageStore>, checks: Checks) -> Host {
    Host::new(Arc::new(Verified::new(store)), local_inputs(), checks).unwrap()
}

pub(crate) fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
