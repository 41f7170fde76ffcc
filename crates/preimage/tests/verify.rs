//! Verification against c-kzg and against pre-images that other programs made.
#![cfg(feature = "verify")]

use alloy_primitives::{U256, keccak256};
use c_kzg::{Blob, ethereum_kzg_settings};
use proptest::prelude::*;
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};
use tribunal_fixtures::{devnets, fixture};
use tribunal_preimage::{
    ELEMENTS_PER_BLOB, PreimageKey, PreimageKeyType, PreimageOracleError, blob_element_key, precompile_key,
    verify::{
        BlobClaim, BlobElements, Context, Verified, blob_commitment, is_accelerated, run_precompile, verify,
        verify_blobs,
    },
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
        assert_eq!(blob_commitment(claim.elements).as_ref(), Some(claim.commitment));
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
        assert_eq!(blob_commitment(&blobs[0]), None);
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

type Records = HashMap<PreimageKey, Vec<u8>>;

/// The pre-images of a folder.
fn read_records(folder: &Path) -> Records {
    let records = tribunal_fixtures::preimages(folder).into_iter();
    records.map(|(key, value)| (PreimageKey::try_from(key.0).unwrap(), value.into())).collect()
}

#[test]
fn devnets_are_valid() {
    every_record_is_valid(&devnets());
}

#[test]
fn the_real_claim_is_valid() {
    every_record_is_valid(fixture("op-sepolia-16491249").as_slice());
}

/// Every record of types 2, 4 and 5, by its hash or with its blob. The keys of blobs are as we compute them.
fn every_record_is_valid(folders: &[PathBuf]) {
    for folder in folders {
        let (records, folder) = (read_records(folder), folder.display());
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

/// The results of precompiles that the reference ran, against ours. A record does not say what was called, but many calls
/// are in the devnets' transactions, in their trie's leaves: the contract, the input, and then a signature.
#[test]
fn precompile_results_are_those_of_the_reference() {
    let folders = ["devnets/transactions-1", "devnets/jovian-1"].map(fixture);
    let mut found = HashMap::new();
    for folder in &folders {
        let Some(folder) = folder else { return };
        let (records, folder) = (read_records(folder), folder.display());
        for leaf in records.values().filter(|value| value.len() < 2_000) {
            for (start, word) in leaf.windows(32).enumerate() {
                let address: Option<&[u8; 20]> =
                    word.strip_prefix(&[0; 12]).and_then(|tail| tail.try_into().ok());
                let Some(address) = address.filter(|address| is_accelerated(address)) else { continue };
                for call in possible_calls(address, &leaf[start + 32..]) {
                    let key = precompile_key(call.address, call.gas, call.input);
                    if let Some(value) = records.get(&key) {
                        assert_eq!(
                            verify(key, value, &call.context()),
                            Ok(Verified::Valid),
                            "{folder} {key}"
                        );
                        found.insert(key, u16::from_be_bytes([address[18], address[19]]));
                    }
                }
            }
        }
    }
    let contracts: HashSet<_> = found.values().collect();
    assert!(found.len() >= 80 && contracts.len() >= 10, "{contracts:x?}");
}

struct Call<'a> {
    address: &'a [u8; 20],
    gas: u64,
    input: &'a [u8],
}

impl Call<'_> {
    fn context(&self) -> Context<'_> {
        Context::Precompile { address: self.address, gas: self.gas, input: self.input }
    }
}

/// Every beginning of `tail` as an input, at the prices that L1 and L2 have or will have.
fn possible_calls<'a>(address: &'a [u8; 20], tail: &'a [u8]) -> impl Iterator<Item = Call<'a>> {
    (0..=tail.len()).flat_map(move |end| {
        let input = &tail[..end];
        let pairs = (end / 192) as u64;
        let prices = match u16::from_be_bytes([address[18], address[19]]) {
            0x01 => vec![3_000],
            0x08 => vec![45_000 + 34_000 * pairs, 45_000 + 34_103 * pairs],
            0x0a => vec![50_000, 89_363],
            0x0b => vec![375, 643],
            0x0d => vec![600, 765],
            0x0f => vec![37_700 + 32_600 * (end / 384) as u64],
            0x10 => vec![5_500],
            0x11 => vec![23_800],
            // With EIP-2537's discount for one, two, three and four pairs.
            0x0c => vec![12_000, 22_776, 30_528, 38_256],
            0x0e => vec![22_500, 45_000, 62_302, 79_560],
            _ => vec![3_450, 6_900],
        };
        prices.into_iter().map(move |gas| Call { address, gas, input })
    })
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
