//! The exchange format, and folders in it.

mod common;

use alloy_primitives::hex;
use common::*;
use proptest::prelude::*;
use std::path::Path;
use tribunal_host::{
    FixtureFolder, HostError, fixture, parse_claims,
    store::{self, Counts, MemoryStore, Voucher},
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

fn parse(raw: &[u8]) -> Result<MemoryStore, HostError> {
    fixture::parse(Path::new("test.bin.zst"), &compressed(raw))
}

proptest! {
    #[test]
    fn records_round_trip(records in records(30)) {
        let store = parse(&raw(&records)).unwrap();
        prop_assert_eq!(contents(&store), records.clone());
        let mut exported = Vec::new();
        fixture::write(&store, &mut exported, Path::new("out")).unwrap();
        prop_assert_eq!(zstd::decode_all(&*exported).unwrap(), raw(&records));
    }

    #[test]
    fn a_cut_off_file_is_an_error_or_ends_between_records(records in records(6), cut: prop::sample::Index) {
        let raw = raw(&records);
        let cut = cut.index(raw.len() + 1);
        match parse(&raw[..cut]) {
            Ok(store) => prop_assert_eq!(common::raw(&contents(&store)), &raw[..cut]),
            Err(HostError::Truncated { offset, key, .. }) => {
                prop_assert!(offset < cut as u64);
                let start = offset as usize;
                prop_assert_eq!(key.is_some(), cut - start >= 32);
                prop_assert!(key.is_none_or(|key| key.as_bytes() == &raw[start..start + 32]));
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn damaged_compression_never_panics(records in records(6), at: prop::sample::Index, flip in 1u8.., cut: prop::sample::Index) {
        let mut file = compressed(&raw(&records));
        let at = at.index(file.len());
        file[at] ^= flip;
        let _ = fixture::parse(Path::new("test"), &file);
        let _ = fixture::parse(Path::new("test"), &file[..cut.index(file.len())]);
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = fixture::parse(Path::new("test"), &bytes);
        let _ = parse(&bytes);
        let _ = parse_claims(Path::new("test"), &bytes);
    }
}

#[test]
fn hostile_records_are_named() {
    let (key, value) = hashed(b"value");
    let record = raw(&[(key, value.clone())].into());
    assert_eq!(contents(&parse(&[&*record, &*record].concat()).unwrap()).len(), 1);

    let mut changed = record.clone();
    *changed.last_mut().unwrap() ^= 1;
    let error = parse(&[&*record, &*changed].concat()).unwrap_err();
    let at = record.len() as u64;
    assert!(matches!(error, HostError::Conflict { key: named, offset, .. } if named == key && offset == at));

    let mut long = record.clone();
    long[32] = 1;
    let error = parse(&[&*record, &*long].concat()).unwrap_err();
    assert!(
        matches!(error, HostError::RecordTooLong { key: named, offset, .. } if named == key && offset == at)
    );
    assert!(error.to_string().contains(&key.to_string()));

    for byte in [0, 1, 7, 255] {
        let mut stray = record.clone();
        stray[0] = byte;
        assert!(matches!(parse(&stray).unwrap_err(), HostError::StrayKey { offset: 0, .. }));
    }
}

#[test]
fn frames_may_follow_each_other_and_nothing_else_may() {
    let (one, other) = (hashed(b"one"), hashed(b"other"));
    let frames = [one.clone(), other.clone()].map(|record| compressed(&raw(&[record].into())));
    let store = fixture::parse(Path::new("test"), &frames.concat()).unwrap();
    assert_eq!(contents(&store), [one, other].into());

    let garbage = [&*frames[0], b"garbage"].concat();
    assert!(matches!(fixture::parse(Path::new("test"), &garbage), Err(HostError::Compression { .. })));
    // A frame that claims to be enormous costs nothing.
    let mut bomb = frames[0].clone();
    bomb[4] |= 0xc0;
    assert!(fixture::parse(Path::new("test"), &bomb).is_err());
}

#[test]
fn claims_name_file_and_field() {
    let root = format!("0x{}", "11".repeat(32));
    let good = format!(
        r#"{{"l1_head":"{root}","agreed_l2_output_root":"{root}","claimed_l2_output_root":"{root}",
            "claimed_l2_block_number":7,"l2_chain_id":10,"valid":true,"extra":[]}}"#
    );
    let parse = |json: &str| parse_claims(Path::new("claims.json"), json.as_bytes());
    let claims = parse(&format!("[{good},{good}]")).unwrap();
    assert_eq!(claims.len(), 2);
    assert_eq!((claims[1].boot.claimed_block_number, claims[1].valid), (7, Some(true)));
    assert_eq!(parse(&good).unwrap().len(), 1);

    let field_of = |json: &str| match parse(json).unwrap_err() {
        HostError::Field { field, .. } => field,
        error => panic!("{error}"),
    };
    // Parsers disagree on which of two values counts.
    let twice = good.replace(r#""valid":true"#, r#""valid":true,"l2_chain_id":11"#);
    assert!(field_of(&twice).contains("l2_chain_id"), "{}", field_of(&twice));
    assert_eq!(field_of(&good.replace("l1_head", "head")), "l1_head");
    assert_eq!(field_of(&format!("[{good},{}]", good.replace(":7", ":-7"))), "[1].claimed_l2_block_number");
    assert_eq!(field_of(&good.replace("true", "\"yes\"")), "valid");
    assert_eq!(field_of(&good.replacen("0x11", "0x1", 1)), "l1_head");
    assert_eq!(field_of(&good.replace("\"extra\":[]", "\"expected\":[]")), "expected");
    assert_eq!(field_of("[1]"), "[0].l1_head");
    assert_eq!(field_of("{"), "the file");
}

#[test]
fn claims_are_written_as_they_are_read() {
    let hash = |byte: u8| format!("0x{}", hex::encode([byte; 32]));
    let full = format!(
        r#"{{"l1_head":"{}","agreed_l2_head_hash":"{}","agreed_l2_output_root":"{}","claimed_l2_output_root":"{}","claimed_l2_block_number":7,"l2_chain_id":10,"l1_chain_id":1,"valid":false,"note":"a \"note\"","expected":{{"l2_block_hash":"{}"}}}}"#,
        hash(1),
        hash(2),
        hash(3),
        hash(4),
        hash(5)
    );
    let least = format!(
        r#"{{"l1_head":"{}","agreed_l2_output_root":"{}","claimed_l2_output_root":"{}","claimed_l2_block_number":18446744073709551615,"l2_chain_id":10}}"#,
        hash(1),
        hash(3),
        hash(4)
    );
    for json in [full, least] {
        let claims = parse_claims(Path::new("claim.json"), json.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&claims[0]).unwrap(), json);
    }
}

#[test]
fn real_folders_load() {
    let real = tribunal_fixtures::fixture("op-sepolia-16491249");
    let hostile = tribunal_fixtures::fixture("devnets/hostile-1");
    let (Some(real), Some(hostile)) = (real, hostile) else { return };
    let folder = FixtureFolder::read(real).unwrap();
    assert_eq!(folder.claims.len(), 1);
    let claim = &folder.claims[0];
    assert_eq!(claim.boot.claimed_block_number, 16_491_249);
    assert!(claim.expected_block_hash.unwrap().to_string().starts_with("0x98fc2146"));
    let started = std::time::Instant::now();
    let store = folder.open_store().unwrap();
    eprintln!("loaded in {:?}", started.elapsed());
    let counts = Counts::of(&*store).unwrap();
    let number = |key_type| counts.get(key_type).number;
    assert_eq!(number(PreimageKeyType::Blob), 6 * 4096);
    assert_eq!(number(PreimageKeyType::Sha256), 6);
    assert_eq!(number(PreimageKeyType::Keccak256), 11_297);
    assert_eq!(number(PreimageKeyType::Precompile), 20);

    let folder = FixtureFolder::read(hostile).unwrap();
    assert_eq!(folder.claims.len(), 25);
    assert!(folder.configs.rollup.is_some() && folder.configs.l1.is_some() && folder.configs.l2.is_some());
    let store = folder.open_store().unwrap();
    assert!(!store.keys().unwrap().is_empty());
}

#[test]
fn a_fixture_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let (key, value) = hashed(b"value");
    let file = compressed(&raw(&[(key, value.clone())].into()));
    let path = folder.path().join("preimages.bin.zst");
    std::fs::write(&path, &file).unwrap();
    for place in [folder.path(), &path] {
        assert!(matches!(store::create(place), Err(HostError::ReadOnly { .. })));
        let store = store::open(place).unwrap();
        let (other, text) = hashed(b"other");
        store.put(other, &text).unwrap();
        store.vouch(&[Voucher::new(PreimageKey::new_blob([0; 32]), &[0; 32])]).unwrap();
        assert_eq!(contents(&*store).len(), 2);
    }
    assert_eq!(std::fs::read(&path).unwrap(), file);
    assert_eq!(names(folder.path()), ["preimages.bin.zst"]);
}
