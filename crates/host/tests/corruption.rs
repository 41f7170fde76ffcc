//! Real pre-images, each spoiled or taken away in turn: the error names it.

mod common;

use common::*;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::sync::Arc;
use tribunal_host::{Checks, FixtureFolder, HostError, store::MemoryStore};
use tribunal_preimage::{PreimageKey, PreimageKeyType, PreimageOracleClient, PreimageOracleError};

/// The key that an error names.
fn key_of(error: &PreimageOracleError) -> Option<PreimageKey> {
    match error {
        PreimageOracleError::Missing(key)
        | PreimageOracleError::Invalid { key, .. }
        | PreimageOracleError::BadLength { key, .. } => Some(*key),
        _ => None,
    }
}

#[test]
fn every_spoiled_preimage_is_named() {
    let Some(folder) = tribunal_fixtures::fixture("op-sepolia-16491249") else { return };
    let folder = FixtureFolder::read(folder).unwrap();
    let real = contents(&*folder.open_store().unwrap());
    // Without hints, precompile results cannot be told right from wrong.
    let keys: Vec<_> =
        real.keys().filter(|key| key.key_type() != PreimageKeyType::Precompile).copied().collect();
    let mut runner = TestRunner::deterministic();
    let any_key = proptest::sample::select(keys.clone());
    for case in 0..16 {
        let key = any_key.new_tree(&mut runner).unwrap().current();
        let mut spoiled = real.clone();
        if case % 2 == 0 {
            let mut value = spoiled[&key].to_vec();
            let (at, flip) = (0..value.len().max(1), 1u8..).new_tree(&mut runner).unwrap().current();
            match value.get_mut(at) {
                Some(byte) => *byte ^= flip,
                None => value.push(0),
            }
            spoiled.insert(key, value.into());
        } else {
            spoiled.remove(&key);
        }
        let store = Arc::new(MemoryStore::new());
        fill(&*store, &spoiled);
        let checks = if case % 4 < 2 { Checks::BeforeServing } else { Checks::Meanwhile };
        let host = host(store, checks);
        let read = keys.iter().try_for_each(|key| host.get(*key).map(drop));
        let error = match host.settle() {
            Err(HostError::Oracle(error)) => error,
            Err(error) => panic!("{error}"),
            Ok(()) => read.unwrap_err(),
        };
        assert_eq!(key_of(&error), Some(key), "case {case}: {error}");
    }
}
