//! What a program gets: the pre-image, or an error that names the key.

mod common;

use alloy_primitives::{Bytes, hex};
use common::*;
use std::sync::Arc;
use tribunal_host::{
    Checks, FixtureFolder, Host, Verified, fixture,
    store::{self, MemoryStore, PreimageStore},
};
use tribunal_preimage::HintType;
use tribunal_preimage::{
    HintRouter, HintWriterClient, PreimageFetcher, PreimageKey, PreimageKeyType, PreimageOracleClient,
    PreimageOracleError, blob_element_key, precompile_key,
};

const BOTH: [Checks; 2] = [Checks::BeforeServing, Checks::Meanwhile];

/// What a program is left with that reads `keys` in order: the first error, where that of the checks counts first.
fn read(host: &Host, keys: impl IntoIterator<Item = PreimageKey>) -> Result<(), PreimageOracleError> {
    let read = keys.into_iter().try_for_each(|key| host.get(key).map(drop));
    match host.settle() {
        Err(tribunal_host::HostError::Oracle(error)) => Err(error),
        Err(error) => panic!("{error}"),
        Ok(()) => read,
    }
}

fn memory(records: impl IntoIterator<Item = (PreimageKey, Bytes)>) -> Arc<MemoryStore> {
    let store = MemoryStore::new();
    store.put_all(&mut records.into_iter()).unwrap();
    Arc::new(store)
}

/// The zero blob: its commitment is the point at infinity, so no fixture is needed.
fn zero_blob() -> ([u8; 48], Vec<(PreimageKey, Bytes)>) {
    let mut commitment = [0; 48];
    commitment[0] = 0xc0;
    let elements = (0..4096).map(|index| (blob_element_key(&commitment, index), Bytes::from([0; 32])));
    (commitment, elements.chain([sha_hashed(&commitment)]).collect())
}

#[test]
fn hashes_are_checked_on_every_read() {
    for checks in BOTH {
        for (key, value) in [hashed(b"some text"), sha_hashed(b"some text")] {
            let store = memory([(key, value.clone())]);
            assert_eq!(read(&host(store.clone(), checks), [key]), Ok(()));
            store.put(key, b"some test").unwrap();
            let error = read(&host(store, checks), [key]).unwrap_err();
            assert!(
                matches!(error, PreimageOracleError::Invalid { key: named, .. } if named == key),
                "{error}"
            );
        }
        let (key, _) = hashed(b"absent");
        assert_eq!(read(&host(memory([]), checks), [key]), Err(PreimageOracleError::Missing(key)));
    }
}

#[test]
fn lengths_are_compared() {
    let (key, value) = hashed(b"12345");
    let host = host(memory([(key, value)]), Checks::BeforeServing);
    let mut five = [0; 5];
    host.get_exact(key, &mut five).unwrap();
    assert_eq!(&five, b"12345");
    let error = PreimageOracleError::BadLength { key, expected: 4, got: 5 };
    assert_eq!(host.get_exact(key, &mut [0; 4]), Err(error.clone()));
    assert_eq!(host.last_failure(), Some(error));
}

#[test]
fn blobs_are_checked_whole() {
    let (commitment, records) = zero_blob();
    let key = blob_element_key(&commitment, 17);
    let others = [blob_element_key(&commitment, 0), blob_element_key(&commitment, 4095)];
    for checks in BOTH {
        let store = memory(records.clone());
        assert_eq!(read(&host(store.clone(), checks), others), Ok(()));
        assert!(store.is_vouched(key, &[0; 32]).unwrap());

        let spoil: [&dyn Fn() -> Arc<MemoryStore>; 3] = [
            &|| {
                let store = memory(records.clone());
                store
                    .put(key, &{
                        let mut one = [0; 32];
                        one[31] = 1;
                        one
                    })
                    .unwrap();
                store
            },
            &|| {
                let store = memory(records.clone());
                store.put(key, &[0; 31]).unwrap();
                store
            },
            &|| memory(records.iter().filter(|(other, _)| *other != key).cloned()),
        ];
        for (case, spoiled) in spoil.iter().enumerate() {
            let error = read(&host(spoiled(), checks), others).unwrap_err();
            let named = match &error {
                PreimageOracleError::Invalid { key, .. }
                | PreimageOracleError::Missing(key)
                | PreimageOracleError::BadLength { key, .. } => *key,
                error => panic!("case {case}: {error}"),
            };
            assert_eq!(named, key, "case {case}: {error}");
        }
    }
}

#[test]
fn one_bad_blob_does_not_spoil_another() {
    let (commitment, mut records) = zero_blob();
    // Another point of the group with nothing but zeros for elements: wrong in more than one way.
    let generator: [u8; 48] = hex!(
        "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    );
    records.push(sha_hashed(&generator));
    records.extend((0..4096).map(|index| (blob_element_key(&generator, index), Bytes::from([0; 32]))));
    // And bytes that are no point.
    records.push(sha_hashed(&[9; 48]));
    records.push((blob_element_key(&[9; 48], 0), Bytes::from([0; 32])));
    for ahead in [false, true] {
        let verified = Arc::new(Verified::new(memory(records.clone())));
        if ahead {
            verified.check_ahead();
        }
        let good = Host::new(verified, local_inputs(), Checks::BeforeServing).unwrap();
        assert_eq!(read(&good, [blob_element_key(&commitment, 3)]), Ok(()));
        assert!(read(&good, [blob_element_key(&generator, 3)]).is_err());
        assert!(read(&good, [blob_element_key(&[9; 48], 0)]).is_err());
    }
    let stray = PreimageKey::new_blob([3; 32]);
    records.push((stray, Bytes::from([0; 32])));
    let error = read(&host(memory(records), Checks::BeforeServing), [stray]).unwrap_err();
    assert!(matches!(error, PreimageOracleError::Invalid { key, .. } if key == stray), "{error}");
}

#[test]
fn blobs_are_checked_before_they_are_read() {
    let (commitment, records) = zero_blob();
    let store = memory(records);
    let verified = Arc::new(Verified::new(store.clone()));
    verified.check_ahead();
    // The store learns of it without any read.
    let key = blob_element_key(&commitment, 4095);
    while !store.is_vouched(key, &[0; 32]).unwrap() {
        std::thread::yield_now();
    }
    // What was put into the store later is checked when it is read.
    let wrong = blob_element_key(&commitment, 7);
    store.put(wrong, &[1; 32]).unwrap();
    let host = Host::new(verified, local_inputs(), Checks::BeforeServing).unwrap();
    assert_eq!(read(&host, [key]), Ok(()));
    assert!(read(&host, [wrong]).is_err());
}

#[test]
fn precompile_results_are_computed_again() {
    // An empty product of pairings is one.
    let address = [vec![0; 19], vec![8]].concat();
    let gas = 45_000u64;
    let call = [&*address, &gas.to_be_bytes()].concat();
    let key = precompile_key(&address.clone().try_into().unwrap(), gas, &[]);
    let right = [vec![1], vec![0; 31], vec![1]].concat();
    let wrong = [vec![1], vec![0; 32]].concat();
    for checks in BOTH {
        for route in [HintType::L1Precompile, HintType::L1PrecompileV2] {
            let store = memory([(key, right.clone().into())]);
            let host = common::host(store.clone(), checks);
            host.write(&route.encode(&[&call])).unwrap();
            assert_eq!(read(&host, [key]), Ok(()));
            // It is remembered, so that no hint is needed again.
            assert_eq!(read(&common::host(store, checks), [key]), Ok(()));

            let host = common::host(memory([(key, wrong.clone().into())]), checks);
            host.write(&route.encode(&[&call])).unwrap();
            let error = read(&host, [key]).unwrap_err();
            assert!(
                matches!(error, PreimageOracleError::Invalid { key: named, .. } if named == key),
                "{error}"
            );

            let host = common::host(memory([]), checks);
            host.write(&route.encode(&[&call])).unwrap();
            assert_eq!(read(&host, [key]), Err(PreimageOracleError::Missing(key)));
        }
        let error = read(&host(memory([(key, right.clone().into())]), checks), [key]).unwrap_err();
        assert!(error.to_string().contains("unverifiable") && error.to_string().contains(&key.to_string()));
        // The hosts of others keep the call under its hash.
        let with_call = memory([(key, right.clone().into()), hashed(&call)]);
        assert_eq!(read(&host(with_call, checks), [key]), Ok(()));
    }
}

#[test]
fn generic_keys_cannot_be_believed() {
    let key = PreimageKey::new([1; 32], PreimageKeyType::GlobalGeneric);
    let error = read(&host(memory([(key, Bytes::new())]), Checks::BeforeServing), [key]).unwrap_err();
    assert!(matches!(error, PreimageOracleError::Invalid { key: named, .. } if named == key));
}

#[test]
fn hints_are_judged_but_not_fatal() {
    let host = host(memory([]), Checks::BeforeServing);
    for hint in [
        &b"nonsense"[..],
        b"l1-receipts 0x00",
        b"agreed-pre-state 0x",
        &HintType::AgreedPreState.encode(&[&[0; 32]]),
    ] {
        assert!(host.route_hint(hint).is_err());
        assert!(host.write(hint).is_ok());
    }
    for route in HintType::ALL.iter().filter(|route| !route.is_interop()) {
        let length = (0..100).find(|length| route.accepts(*length)).unwrap();
        host.route_hint(&route.encode(&[&vec![0; length]])).unwrap();
    }
    assert_eq!(host.stats().hints.iter().find(|(route, _)| *route == HintType::L1Blob).unwrap().1, 1);
}

#[test]
fn what_is_served_is_counted() {
    let (key, value) = hashed(b"12345");
    let host = host(memory([(key, value)]), Checks::BeforeServing);
    host.get_preimage(key).unwrap();
    host.get_preimage(PreimageKey::new_local(5)).unwrap();
    host.write(&HintType::L2Code.encode(&[&[0; 32]])).unwrap();
    let stats = host.stats();
    assert_eq!(stats.total(), (2, 13));
    assert_eq!(
        serde_json::to_string(&stats).unwrap(),
        r#"{"preimages":{"local":{"number":1,"bytes":8},"keccak256":{"number":1,"bytes":5}},"hints":{"l2-code":1}}"#
    );
    assert!(stats.to_string().contains("keccak256"));
}

#[test]
fn a_real_fixture_is_good_and_the_store_remembers() {
    let Some(folder) = tribunal_fixtures::devnet("ecotone-1") else { return };
    let folder = FixtureFolder::read(folder).unwrap();
    let fixture_store = folder.open_store().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    for name in ["store.pack", "store.redb"] {
        let path = temporary.path().join(name);
        let created = store::create(&path).unwrap();
        store::copy(&*fixture_store, &*created, &mut |_, _| {}).unwrap();
        let findings = Verified::new(created.clone()).check_everything(&mut |_, _| {}).unwrap();
        assert!(findings.bad.is_empty(), "{:?}", findings.bad.first());
        // Precompile results come without their calls.
        assert!(findings.unconfirmed.iter().all(|(key, _)| key.key_type() == PreimageKeyType::Precompile));
        drop(created);
        let reopened = store::open(&path).unwrap();
        let elements = reopened.keys_of(PreimageKeyType::Blob).unwrap();
        assert!(!elements.is_empty());
        for key in elements {
            let value = reopened.get(key).unwrap().unwrap();
            assert!(reopened.is_vouched(key, &value).unwrap());
        }
        // Export gives back what was imported.
        let exported = temporary.path().join("out.bin.zst");
        fixture::save(&*reopened, &exported).unwrap();
        assert_eq!(contents(&fixture::load(&exported).unwrap()), contents(&*fixture_store));
    }
}
