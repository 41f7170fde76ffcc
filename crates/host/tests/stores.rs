//! Every kind of store, through the same cases.

mod common;

use alloy_primitives::{Bytes, hex};
use common::*;
use proptest::prelude::*;
use std::{path::Path, sync::Arc};
use tribunal_host::{
    HostError, Verified,
    store::{self, Counts, MemoryStore, PreimageStore, Voucher},
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

/// Paths under `folder` that make a store of each kind on disk.
fn paths(folder: &Path) -> [std::path::PathBuf; 3] {
    [folder.join("store.redb"), folder.join("store.pack"), folder.join("store")]
}

fn all_stores(folder: &Path) -> Vec<Arc<dyn PreimageStore>> {
    let mut stores: Vec<Arc<dyn PreimageStore>> = vec![Arc::new(MemoryStore::new())];
    stores.extend(paths(folder).iter().map(|path| store::create(path).unwrap()));
    stores
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn stores_hold_what_was_put(first in records(20), second in records(20)) {
        let folder = tempfile::tempdir().unwrap();
        for store in all_stores(folder.path()) {
            fill(&*store, &first);
            prop_assert_eq!(contents(&*store), first.clone());
            fill(&*store, &second);
            let mut both = first.clone();
            both.extend(second.clone());
            prop_assert_eq!(contents(&*store), both.clone());
            for key_type in PreimageKeyType::ALL {
                let of_type: Vec<_> = both.keys().copied().filter(|key| key.key_type() == key_type).collect();
                prop_assert_eq!(store.keys_of(key_type).unwrap(), of_type.clone());
                prop_assert_eq!(Counts::of(&*store).unwrap().get(key_type).number, of_type.len() as u64);
            }
            let bytes: usize = both.values().map(|value| value.len()).sum();
            prop_assert_eq!(Counts::of(&*store).unwrap().total().bytes, bytes as u64);
        }
        // What is on disk is there when it is opened again.
        for path in paths(folder.path()) {
            let mut both = first.clone();
            both.extend(second.clone());
            prop_assert_eq!(contents(&*store::open(&path).unwrap()), both);
        }
    }

    #[test]
    fn copies_are_complete(records in records(30)) {
        let folder = tempfile::tempdir().unwrap();
        let from = MemoryStore::new();
        fill(&from, &records);
        for store in all_stores(folder.path()) {
            prop_assert_eq!(store::copy(&from, &*store, &mut |_, _| {}).unwrap(), records.len());
            prop_assert_eq!(contents(&*store), records.clone());
        }
    }
}

#[test]
fn local_values_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for store in all_stores(folder.path()) {
        let key = PreimageKey::new_local(1);
        assert!(matches!(store.put(key, b"x"), Err(HostError::LocalKey(named)) if named == key));
        assert_eq!(store.get(key).unwrap(), None);
    }
}

#[test]
fn what_is_vouched_for_is_one_value_of_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (PreimageKey::new_blob([1; 32]), PreimageKey::new_precompile([2; 32]));
    let check = |store: &dyn PreimageStore| {
        assert!(store.is_vouched(one, b"one").unwrap(), "{store:?}");
        assert!(!store.is_vouched(other, b"other").unwrap(), "{store:?}");
    };
    for store in all_stores(folder.path()) {
        store.put(one, b"one").unwrap();
        store.put(other, b"other").unwrap();
        assert!(!store.is_vouched(one, b"one").unwrap());
        // `other` was verified with another value, and the last one is not in the store.
        let last = PreimageKey::new_blob([9; 32]);
        let verified = [(one, b"one".as_slice()), (other, b"before"), (last, b"nine")];
        store.vouch(&verified.map(|(key, value)| Voucher::new(key, value))).unwrap();
        check(&*store);
        // It is copied with the record.
        let copy = MemoryStore::new();
        store::copy(&*store, &copy, &mut |_, _| {}).unwrap();
        check(&copy);
    }
    for path in paths(folder.path()) {
        let store = store::open(&path).unwrap();
        check(&*store);
        store.put(other, b"another").unwrap();
        check(&*store);
        store.put(one, b"changed").unwrap();
        assert!(!store.is_vouched(one, b"changed").unwrap());
        drop(store);
        assert!(!store::open(&path).unwrap().is_vouched(one, b"changed").unwrap());
    }
}

#[test]
fn directories_are_laid_out_as_op_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::create(folder.path()).unwrap();
    let key = PreimageKey::new_keccak256([0xab; 32]);
    store.put(key, &[1, 0xff]).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("kvformat")).unwrap(), "directory");
    let file = folder.path().join("02ab").join(format!("{}.txt", "ab".repeat(30)));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "01ff");
    assert_eq!(names(folder.path()), ["02ab", "kvformat"]);

    // The flat layout is read and written where it is found.
    let folder = flat(Some("file"));
    let store = store::create(folder.path()).unwrap();
    assert_eq!(contents(&*store), [flat_record()].into());
    store.put(PreimageKey::new_blob([0; 32]), &[]).unwrap();
    assert_eq!(names(folder.path()).len(), 3);
}

fn flat_record() -> (PreimageKey, Bytes) {
    (PreimageKey::new_keccak256([0xab; 32]), Bytes::from_static(&[1, 2]))
}

/// A folder of the flat layout with one pre-image.
fn flat(marker: Option<&str>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(format!("0x02{}.txt", "ab".repeat(31))), "0102").unwrap();
    if let Some(marker) = marker {
        std::fs::write(folder.path().join("kvformat"), marker).unwrap();
    }
    folder
}

#[test]
fn a_directory_is_read_with_any_marker_and_reading_changes_nothing() {
    // The last one was left behind by older releases, which wrote it when they read.
    for marker in [None, Some(""), Some("file"), Some("file\n"), Some(" file \r\n"), Some("directory")] {
        let folder = flat(marker);
        let before = names(folder.path());
        let store = store::open(folder.path()).unwrap();
        assert_eq!(contents(&*store), [flat_record()].into(), "{marker:?}");
        assert_eq!(store.get(PreimageKey::new_keccak256([1; 32])).unwrap(), None);
        assert_eq!(names(folder.path()), before, "{marker:?}");
        let found = std::fs::read_to_string(folder.path().join("kvformat")).ok();
        assert_eq!(found.as_deref(), marker);
    }
    let nested = tempfile::tempdir().unwrap();
    std::fs::create_dir(nested.path().join("02ab")).unwrap();
    std::fs::write(nested.path().join("02ab").join(format!("{}.txt", "ab".repeat(30))), "0102").unwrap();
    assert_eq!(contents(&*store::open(nested.path()).unwrap()), [flat_record()].into());
    assert_eq!(names(nested.path()), ["02ab"]);
    // The first write adds the marker that is missing.
    let folder = flat(None);
    store::open(folder.path()).unwrap().put(PreimageKey::new_blob([0; 32]), &[]).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("kvformat")).unwrap(), "file");
}

#[test]
fn the_flat_folder_of_the_faults_is_read() {
    let Some(folder) = tribunal_fixtures::fixture("faults/flat-datadir") else { return };
    let before = names(&folder);
    let all = contents(&*store::open(&folder).unwrap());
    assert_eq!(all.len(), 3);
    for (key, value) in all {
        assert_eq!(hashed(&value).0, key);
    }
    assert_eq!(names(&folder), before);
}

#[test]
fn folders_of_other_formats_are_refused() {
    for (marker, words) in [("pebble", "known are \"directory\""), ("rocksdb", "--data-format directory")] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kvformat"), marker).unwrap();
        for error in [store::open(folder.path()).unwrap_err(), store::create(folder.path()).unwrap_err()] {
            assert!(
                matches!(error, HostError::NotAStore { .. }) && error.to_string().contains(words),
                "{error}"
            );
        }
    }
    // A RocksDB of before kona-host wrote markers.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("CURRENT"), "MANIFEST-000001\n").unwrap();
    let error = store::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("RocksDB is not supported"), "{error}");
    // Neither pre-images nor a marker.
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(contents(&*store::open(folder.path()).unwrap()).len(), 0);
    std::fs::write(folder.path().join("letter.txt"), "Dear").unwrap();
    assert!(matches!(store::open(folder.path()), Err(HostError::NotAStore { .. })));
}

#[test]
fn a_folder_in_which_op_challenger_has_only_its_counts_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("debug-info.json"), "{}").unwrap();
    let (key, value) = hashed(b"value");
    store::create(folder.path()).unwrap().put(key, &value).unwrap();
    assert_eq!(contents(&*store::open(folder.path()).unwrap()), Records::from([(key, value)]));
}

#[test]
fn the_ending_of_a_new_store_says_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.sqlite", "preimages.bin.zst", ".b.redb2"] {
        let path = folder.path().join(name);
        let error = store::create(&path).unwrap_err();
        assert!(matches!(&error, HostError::UnknownEnding { .. }), "{error}");
        for known in [".redb", ".pack", "no ending"] {
            assert!(error.to_string().contains(known), "{error}");
        }
    }
    assert_eq!(names(folder.path()), Vec::<String>::new());
    // What is there is recognised by its contents, and a slash says that a folder is meant.
    let path = folder.path().join("dotted.folder");
    store::create(&path.join("")).unwrap();
    assert!(path.is_dir());
    store::create(&path).unwrap();
}

#[test]
fn damaged_files_of_a_directory_name_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = store::create(folder.path()).unwrap();
    let (key, value) = hashed(b"value");
    store.put(key, &value).unwrap();
    let digits = format!("{key:x}");
    let file = folder.path().join(&digits[2..6]).join(format!("{}.txt", &digits[6..]));
    for damaged in ["7", "zz", "0x7661"] {
        std::fs::write(&file, damaged).unwrap();
        assert!(
            matches!(store.get(key), Err(HostError::Record { key: named, .. }) if named == key),
            "{damaged}"
        );
    }
    // Lines that vouch for nothing do no harm.
    std::fs::write(folder.path().join("vouched"), format!("{} 00\nxx yy\n\n\u{fffd}", &digits[2..])).unwrap();
    assert!(!store::open(folder.path()).unwrap().is_vouched(key, &value).unwrap());
}

#[test]
fn other_files_are_no_stores() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for contents in ["", "x", "something else altogether"] {
        std::fs::write(&path, contents).unwrap();
        assert!(matches!(store::open(&path), Err(HostError::NotAStore { .. })), "{contents}");
    }
    let absent = folder.path().join("absent");
    let error = store::open(&absent).unwrap_err().to_string();
    assert!(error.starts_with(absent.to_str().unwrap()) && error.contains("expected a store"), "{error}");
}

#[test]
fn both_layouts_of_one_folder_are_read() {
    let (nested, both) = (hashed(b"nested"), hashed(b"both"));
    for (marker, written) in [(None, "0202"), (Some("directory"), "0202"), (Some("file"), "0x02")] {
        let folder = flat(marker);
        let path = folder.path();
        for (key, value) in [&nested, &both] {
            let digits = hex::encode(key.as_bytes());
            std::fs::create_dir_all(path.join(&digits[..4])).unwrap();
            std::fs::write(path.join(&digits[..4]).join(format!("{}.txt", &digits[4..])), hex::encode(value))
                .unwrap();
        }
        let name = format!("0x{}.txt", hex::encode(both.0.as_bytes()));
        std::fs::write(path.join(name), hex::encode(&both.1)).unwrap();
        let all: Records = [flat_record(), nested.clone(), both.clone()].into();
        assert_eq!(contents(&*store::open(path).unwrap()), all, "{marker:?}");
        // What is written again is read again, in whichever layout it was.
        let store = store::create(path).unwrap();
        for key in all.keys() {
            store.put(*key, b"new").unwrap();
        }
        let changed: Records = all.keys().map(|key| (*key, Bytes::from_static(b"new"))).collect();
        assert_eq!(contents(&*store), changed, "{marker:?}");
        assert_eq!(contents(&*store::open(path).unwrap()), changed, "{marker:?}");
        store.put(PreimageKey::new([2; 32], PreimageKeyType::Keccak256), b"").unwrap();
        assert!(names(path).iter().any(|name| name.starts_with(written)), "{:?}", names(path));
    }
}

#[test]
fn a_folder_of_other_files_does_not_become_a_store() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["letter.txt", "photo.jpg", "a", "b"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let before = names(folder.path());
    let import = || store::StoreOptions::default().import(&MemoryStore::new(), folder.path(), &mut |_, _| {});
    for error in [store::create(folder.path()).unwrap_err(), import().unwrap_err()] {
        assert!(matches!(error, HostError::NotAStore { .. }), "{error}");
        assert!(error.to_string().contains(r#"other files ("a", "b", "letter.txt", …)"#), "{error}");
    }
    assert_eq!(names(folder.path()), before);
    // An empty folder becomes one when something is written to it.
    let folder = tempfile::tempdir().unwrap();
    let store = store::create(folder.path()).unwrap();
    assert_eq!(names(folder.path()), Vec::<String>::new());
    let (key, value) = hashed(b"value");
    store.put(key, &value).unwrap();
    assert!(names(folder.path()).contains(&"kvformat".to_owned()));
}

/// Databases with damage in different places, each with the offset of the damage.
fn damaged_databases(path: &Path, check: impl Fn(usize)) {
    let (key, value) = hashed(&[7; 5000]);
    let store = store::create(path).unwrap();
    store.put(key, &value).unwrap();
    store.put(PreimageKey::new_blob([1; 32]), &[1; 32]).unwrap();
    store.vouch(&[Voucher::new(PreimageKey::new_blob([1; 32]), &[1; 32])]).unwrap();
    drop(store);
    let whole = std::fs::read(path).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 60) {
        let mut damaged = whole.clone();
        for byte in damaged.iter_mut().skip(at).take(64) {
            *byte ^= 0x5a;
        }
        std::fs::write(path, damaged).unwrap();
        check(at);
    }
}

/// Run in a process of its own, whose standard error the test below reads.
#[test]
#[ignore = "only run by the test below, in a process of its own"]
fn damage_child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = Path::new(&folder).join("store.redb");
    damaged_databases(&path, |_| {
        let report = |error: HostError| println!("error: {error}");
        match store::open(&path) {
            Ok(store) => {
                let _ = store.check_integrity().map_err(report);
                for key in store.keys().map_err(report).unwrap_or_default() {
                    let _ = store.get(key).map_err(report);
                }
            }
            Err(error) => report(error),
        }
    });
}

const FOLDER: &str = "TRIBUNAL_TEST_DAMAGED";

#[test]
fn a_damaged_database_fails_and_prints_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "damage_child", "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.contains("the database is damaged (redb: "), "{said}");
    assert!(!errors.contains("panicked"), "{errors}");
}

#[test]
fn damage_outside_of_the_records_is_found_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let found = std::cell::Cell::new(0);
    damaged_databases(&path, |at| {
        let damaged = std::fs::read(&path).unwrap();
        let Ok(store) = store::open(&path) else { return };
        let all_read =
            store.keys().is_ok_and(|keys| keys.len() == 2 && keys.iter().all(|key| store.get(*key).is_ok()));
        let integrity = store.check_integrity();
        assert!(
            matches!(integrity, Ok(()) | Err(HostError::Database { .. })),
            "{at}: {}",
            integrity.unwrap_err()
        );
        if all_read && integrity.is_err() {
            found.set(found.get() + 1);
            let findings = Verified::new(store).check_everything(&mut |_, _| {}).unwrap();
            assert!(findings.damage.is_some());
        }
        assert!(std::fs::read(&path).unwrap() == damaged, "{at}: written");
    });
    assert!(found.get() > 0, "no damage lies outside of the records");
}

/// A store can vouch for a wrong value, by mistake or because its memory was forged. The check of everything finds it.
#[test]
fn a_check_of_everything_does_not_trust_the_memory_of_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let lie = PreimageKey::new_blob([1; 32]);
    for store in all_stores(folder.path()) {
        store.put(lie, &[5; 32]).unwrap();
        store.vouch(&[Voucher::new(lie, &[5; 32])]).unwrap();
        assert!(store.is_vouched(lie, &[5; 32]).unwrap());
        let findings = Verified::new(store.clone()).check_everything(&mut |_, _| {}).unwrap();
        assert_eq!(findings.good, 0, "{store:?}");
    }
}

proptest! {
    #[test]
    fn a_damaged_pack_vouches_for_no_other_value(at: prop::sample::Index, flip in 1u8..) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.pack");
        let (hash, text) = hashed(b"text");
        let key = PreimageKey::new_blob([1; 32]);
        let store = store::create(&path).unwrap();
        store.put(hash, &text).unwrap();
        store.put(key, &[5; 32]).unwrap();
        store.vouch(&[Voucher::new(key, &[5; 32])]).unwrap();
        let mut file = std::fs::read(&path).unwrap();
        let at = at.index(file.len());
        file[at] ^= flip;
        std::fs::write(&path, file).unwrap();
        if let Ok(store) = store::open(&path) {
            for key in store.keys().unwrap() {
                let value = store.get(key).unwrap().unwrap();
                prop_assert!(!store.is_vouched(key, &value).unwrap() || **value == [5; 32]);
            }
        }
    }
}
