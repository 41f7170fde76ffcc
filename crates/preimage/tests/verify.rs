//! Verification against c-kzg and against pre-images that other programs made.
#![cfg(feature = "verify")]

use alloy_primitives::{U256, keccak256};
use c_kzg::{Blob, ethereum_kzg_settings};
use proptest::prelude::*;
use std::{collections::HashMap, env, fs, path::PathBuf};
use tribunal_preimage::{
    ELEMENTS_PER_BLOB, PreimageKey, PreimageKeyType, PreimageOracleError, blob_element_key, precompile_key,
    verify::{BlobClaim, BlobElements, Context, Verified, run_precompile, verify, verify_blobs},
};

const MODULUS: U256 = U256::from_limbs([
    0xffff_ffff_0000_0001,
    0x53bd_a402_fffe_5bfe,
    0x3339_d808_09a1_d805,
    0x73ed_a753_299d_7d48,
]);

/// Elements that are anything below the modulus, from a seed.
fn random_blob(seed: u64) -> Box<BlobElements> {
    let mut elements = Box::new([[0; 32]; ELEMENTS_PER_BLOB]);
    for (index, element) in elements.iter_mut().enumerate() {
        let hash = keccak256([seed.to_be_bytes(), (index as u64).to_be_bytes()].concat());
        *element = U256::from_be_bytes(hash.0).reduce_mod(MODULUS).to_be_bytes();
    }
    elements
}

/// The reference.
fn commitment(elements: &BlobElements) -> [u8; 48] {
    let blob = Blob::from_bytes(elements.as_flattened()).unwrap();
    ethereum_kzg_settings(0).blob_to_kzg_commitment(&blob).unwrap().to_bytes().into_inner()
}

fn claims<'a>(commitments: &'a [[u8; 48]], blobs: &'a [Box<BlobElements>]) -> Vec<BlobClaim<'a>> {
    commitments.iter().zip(blobs).map(|(commitment, elements)| BlobClaim { commitment, elements }).collect()
}

fn invalid_key(result: Result<(), PreimageOracleError>) -> PreimageKey {
    match result {
        Err(PreimageOracleError::Invalid { key, .. }) => key,
        other => panic!("expected the key of an element, got {other:?}"),
    }
}

/// Fails if a single one of our Lagrange points differs from c-kzg's: random factors leave no room for errors to cancel.
#[test]
fn commitments_of_random_blobs_are_those_of_the_reference() {
    let mut blobs: Vec<_> = (0..6).map(random_blob).collect();
    blobs.push(Box::new([[0; 32]; ELEMENTS_PER_BLOB]));
    let largest = (MODULUS - U256::from(1)).to_be_bytes();
    blobs.push(Box::new([largest; ELEMENTS_PER_BLOB]));
    let commitments: Vec<_> = blobs.iter().map(|blob| commitment(blob)).collect();
    let claims = claims(&commitments, &blobs);
    for claim in &claims {
        verify_blobs(&[*claim]).unwrap();
    }
    verify_blobs(&claims).unwrap();
    verify_blobs(&[]).unwrap();
}

#[test]
fn a_wrong_byte_anywhere_is_named_by_its_key() {
    let mut blobs: Vec<_> = (0..3).map(random_blob).collect();
    let commitments: Vec<_> = blobs.iter().map(|blob| commitment(blob)).collect();
    for (blob, index, byte, flip) in
        [(0, 0, 31, 1), (1, 4095, 1, 0x80), (2, 77, 16, 0xff), (0, 2048, 0, 2), (1, 1, 30, 0x55)]
    {
        blobs[blob][index][byte] ^= flip;
        let key = invalid_key(verify_blobs(&claims(&commitments, &blobs)));
        assert_eq!(
            key,
            blob_element_key(&commitments[blob], index),
            "blob {blob} element {index} byte {byte}"
        );
        blobs[blob][index][byte] ^= flip;
    }
    verify_blobs(&claims(&commitments, &blobs)).unwrap();
}

#[test]
fn larger_damage_is_named_by_its_blob() {
    let mut blobs: Vec<_> = (0..2).map(random_blob).collect();
    let commitments: Vec<_> = blobs.iter().map(|blob| commitment(blob)).collect();
    let mismatch = PreimageOracleError::BlobMismatch { commitment: commitments[1].into() };
    blobs[1].swap(5, 6);
    assert_eq!(verify_blobs(&claims(&commitments, &blobs)), Err(mismatch));
    // Two blobs of one set exchanged: the plain sum is the same, the random one is not.
    blobs[1].swap(5, 6);
    blobs.swap(0, 1);
    let mismatch = PreimageOracleError::BlobMismatch { commitment: commitments[0].into() };
    assert_eq!(verify_blobs(&claims(&commitments, &blobs)), Err(mismatch));
}

#[test]
fn elements_beyond_the_modulus_are_named() {
    let mut blobs = [random_blob(1)];
    let commitments = [commitment(&blobs[0])];
    for bad in [MODULUS.to_be_bytes(), [0xff; 32]] {
        let good = std::mem::replace(&mut blobs[0][4000], bad);
        let key = invalid_key(verify_blobs(&claims(&commitments, &blobs)));
        assert_eq!(key, blob_element_key(&commitments[0], 4000));
        blobs[0][4000] = good;
    }
}

#[test]
fn what_is_no_commitment_is_refused() {
    let blobs = [random_blob(1)];
    let mut off_curve = commitment(&blobs[0]);
    off_curve[47] ^= 1;
    // x = 4 is on the curve, but not in the group of prime order.
    let mut other_group = [0; 48];
    (other_group[0], other_group[47]) = (0x80, 4);
    for bad in [[0; 48], [0xff; 48], other_group, off_curve] {
        let error = PreimageOracleError::BadCommitment { commitment: bad.into() };
        assert_eq!(verify_blobs(&claims(&[bad], &blobs)), Err(error));
    }
}

#[test]
fn single_values_are_checked_in_their_context() {
    let blob = random_blob(9);
    let commitment = commitment(&blob);
    let claim = BlobClaim { commitment: &commitment, elements: &blob };
    let key = blob_element_key(&commitment, 3);
    let check = |value: &[u8], index| verify(key, value, &Context::Blob { blob: claim, index });
    assert_eq!(check(&blob[3], 3), Ok(Verified::Valid));
    assert!(
        matches!(check(&blob[4], 3), Err(PreimageOracleError::Invalid { key: named, .. }) if named == key)
    );
    assert!(
        matches!(check(&blob[3], 4), Err(PreimageOracleError::Invalid { key: named, .. }) if named == key)
    );
    assert!(matches!(check(&blob[3], 4099), Err(PreimageOracleError::Invalid { .. })));
    assert_eq!(check(&blob[3][1..], 3), Err(PreimageOracleError::BadLength { key, expected: 32, got: 31 }));
    assert_eq!(verify(key, &blob[3], &Context::None), Ok(Verified::CannotCheck));

    let address = [[0; 19].as_slice(), &[8]].concat().try_into().unwrap();
    let value = run_precompile(&address, &[]).unwrap();
    let key = precompile_key(&address, 45_000, &[]);
    let check =
        |value: &[u8], gas| verify(key, value, &Context::Precompile { address: &address, gas, input: &[] });
    assert_eq!(check(&value, 45_000), Ok(Verified::Valid));
    assert!(matches!(check(&value, 45_001), Err(PreimageOracleError::Invalid { .. })));
    assert!(matches!(check(&[0], 45_000), Err(PreimageOracleError::Invalid { .. })));
    assert_eq!(verify(key, &value, &Context::None), Ok(Verified::CannotCheck));
    assert_eq!(verify(PreimageKey::new_local(1), &[], &Context::None), Ok(Verified::CannotCheck));
}

/// The records `key[32] | length u64 BE | bytes` of every fixture folder that has blobs.
fn fixtures() -> Option<Vec<(String, HashMap<PreimageKey, Vec<u8>>)>> {
    let root = env::var_os("TRIBUNAL_FIXTURES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures")),
        PathBuf::from,
    );
    let Ok(devnets) = fs::read_dir(root.join("devnets")) else {
        eprintln!("SKIPPED: fixtures not found");
        return None;
    };
    let mut folders: Vec<_> =
        devnets.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.push(root.join("op-sepolia-16491249"));
    Some(folders.iter().map(|folder| (folder.display().to_string(), read_records(folder))).collect())
}

fn read_records(folder: &std::path::Path) -> HashMap<PreimageKey, Vec<u8>> {
    let packed = fs::read(folder.join("preimages.bin.zst")).unwrap();
    let bytes = zstd::decode_all(packed.as_slice()).unwrap();
    let mut rest = bytes.as_slice();
    let mut records = HashMap::new();
    while let Some((key, tail)) = rest.split_first_chunk::<32>() {
        let (length, tail) = tail.split_first_chunk::<8>().unwrap();
        let (value, tail) = tail.split_at(u64::from_be_bytes(*length) as usize);
        records.insert(PreimageKey::try_from(*key).unwrap(), value.to_vec());
        rest = tail;
    }
    records
}

/// Every record of types 2, 4 and 5, by its hash or with its blob; and the keys of blobs are as we compute them.
#[test]
fn fixtures_are_valid() {
    for (folder, records) in fixtures().unwrap_or_default() {
        let mut commitments = Vec::new();
        for (key, value) in &records {
            let outcome = verify(*key, value, &Context::None).unwrap();
            match key.key_type() {
                PreimageKeyType::Sha256 => commitments.push(<[u8; 48]>::try_from(value.as_slice()).unwrap()),
                PreimageKeyType::Blob => assert_eq!(value.len(), 32),
                PreimageKeyType::Precompile => assert!(value == &[0] || value[0] == 1),
                _ => assert_eq!(outcome, Verified::Valid, "{folder} {key}"),
            }
        }
        let blobs: Vec<Box<BlobElements>> = commitments
            .iter()
            .map(|commitment| {
                let mut elements = Box::new([[0; 32]; ELEMENTS_PER_BLOB]);
                for (index, element) in elements.iter_mut().enumerate() {
                    *element = records[&blob_element_key(commitment, index)].as_slice().try_into().unwrap();
                }
                elements
            })
            .collect();
        verify_blobs(&claims(&commitments, &blobs)).unwrap();
        let elements = records.keys().filter(|key| key.key_type() == PreimageKeyType::Blob).count();
        assert_eq!(elements, ELEMENTS_PER_BLOB * commitments.len(), "{folder}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_wrong_byte_is_found(index in 0..ELEMENTS_PER_BLOB, byte in 0usize..32, flip in 1u8..) {
        let mut blobs = [random_blob(7)];
        let commitments = [commitment(&blobs[0])];
        blobs[0][index][byte] ^= flip;
        prop_assert_eq!(
            invalid_key(verify_blobs(&claims(&commitments, &blobs))),
            blob_element_key(&commitments[0], index)
        );
    }
}

proptest! {
    #[test]
    fn any_changed_value_is_refused(value: Vec<u8>, other: Vec<u8>) {
        let keccak = PreimageKey::new_keccak256(keccak256(&value));
        let sha = PreimageKey::new_sha256(tribunal_preimage::verify::sha256(&value));
        for key in [keccak, sha] {
            prop_assert_eq!(verify(key, &value, &Context::None), Ok(Verified::Valid));
            prop_assert_eq!(verify(key, &other, &Context::None).is_ok(), value == other);
        }
    }

    #[test]
    fn any_commitment_is_answered(start: [u8; 32], end: [u8; 16]) {
        let blob = [[0; 32]; ELEMENTS_PER_BLOB];
        let commitment = [&start[..], &end].concat().try_into().unwrap();
        let result = verify_blobs(&[BlobClaim { commitment: &commitment, elements: &blob }]);
        prop_assert!(result.is_err());
    }
}
