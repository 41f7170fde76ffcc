//! `tribunal preimages`: from a fixture file into every kind of store and back, and what stores remember.

mod common;

use alloy_primitives::Bytes;
use common::{Copied, Random, check, keys_read, local_inputs, program, tribunal};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tribunal_fixtures::devnet;
use tribunal_host::{
    HostResult, Verified,
    store::{self, PreimageStore, Voucher},
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

/// Two blobs and some: small enough for a directory with a file for each pre-image.
const DEVNET: &str = "expiry-1";
const STORES: [&str; 3] = ["all.pack", "all.redb", "directory"];

fn import(from: &Path, into: &Path, args: &[&str]) -> common::Ran {
    common::Ran::of(program().args(["preimages", "import"]).arg(from).arg("--store").arg(into).args(args))
}

fn contents(path: &Path) -> Vec<(PreimageKey, Bytes)> {
    let store = store::open(path).unwrap();
    store.keys().unwrap().into_iter().map(|key| (key, store.get(key).unwrap().unwrap())).collect()
}

/// A folder in memory where there is one: a store syncs every file, and there are thousands.
fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap()
}

fn keccak(value: &[u8]) -> PreimageKey {
    PreimageKey::new_keccak256(alloy_primitives::keccak256(value))
}

fn str(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn there_and_back() {
    let Some(folder) = devnet(DEVNET) else { return };
    let place = scratch();
    let original = contents(&folder);
    let number = original.len();
    let stats = tribunal(["preimages", "stats", str(&folder)]).expect(0, &["keccak256", "blob", "total"]).out;
    let json = tribunal(["preimages", "stats", str(&folder), "--json"]).expect(0, &[]).json();
    let total: u64 = json.as_array().unwrap().iter().map(|kind| kind["number"].as_u64().unwrap()).sum();
    assert_eq!(total, number as u64);
    let mut from: PathBuf = folder.clone();
    // Each store from the one before.
    for name in STORES {
        let path = place.path().join(name);
        import(&from, &path, &[])
            .expect(0, &[&format!("{number} pre-images imported into {}", path.display())]);
        assert!(contents(&path) == original, "{name}");
        assert_eq!(tribunal(["preimages", "stats", str(&path)]).expect(0, &[]).out, stats, "{name}");
        from = path;
    }
    let file = place.path().join("preimages.bin.zst");
    tribunal(["preimages", "export", str(&from), "--out", str(&file)])
        .expect(0, &[&format!("{number} pre-images")]);
    assert!(contents(&file) == original);
    let piped = program().args(["preimages", "export", str(&from), "--out", "-"]).output().unwrap();
    assert_eq!(piped.status.code(), Some(0));
    assert_eq!(piped.stdout, fs::read(&file).unwrap());
    assert!(String::from_utf8(piped.stderr).unwrap().contains(&format!("{number} pre-images exported")));
    tribunal(["preimages", "verify", str(&file)]).expect(0, &[" good, 0 bad"]);
    // Into what is there already.
    let pack = place.path().join(STORES[0]);
    import(&file, &pack, &[]).expect(0, &[]);
    assert!(contents(&pack) == original);
}

#[test]
fn the_same_verdicts_from_every_store() {
    let Some(folder) = devnet(DEVNET) else { return };
    let place = scratch();
    // The folder's own file is not needed then.
    let bare = Copied::of(&folder);
    bare.remove("preimages.bin.zst");
    let claims = bare.read_json("claims.json").as_array().unwrap().len();
    let all_as_expected = format!("{claims} claims, {claims} as expected");
    for name in STORES {
        let path = place.path().join(name);
        import(&folder, &path, &[]).expect(0, &[]);
        check(bare.path(), &["--expect", "--store", str(&path)]).expect(0, &[&all_as_expected]);
        assert_remembers(&path);
        check(bare.path(), &["--claim", "0", "--store", str(&path)]).expect(0, &["TRUE"]);
    }
}

#[test]
fn what_was_verified_stays_verified_and_what_changes_does_not() {
    let Some(folder) = devnet(DEVNET) else { return };
    let place = scratch();
    let read = keys_read(store::open(&folder).unwrap(), local_inputs(&folder, 0));
    let elements: Vec<_> = read.iter().filter(|key| key.key_type() == PreimageKeyType::Blob).collect();
    let key = *elements[Random(7).below(elements.len())];
    for name in STORES {
        let path = place.path().join(name);
        import(&folder, &path, &["--verify"]).expect(0, &[" good, 0 bad"]);
        assert_remembers(&path);
        check(&folder, &["--claim", "0", "--store", str(&path)]).expect(0, &["TRUE"]);
        spoil(&path, key);
        let named = key.to_string();
        check(&folder, &["--claim", "0", "--store", str(&path)]).expect(2, &["UNDECIDED", &named]);
        tribunal(["preimages", "verify", str(&path)]).expect(1, &["bad", &named]);
        // When the right value is put back it is verified again.
        import(&folder, &path, &[]).expect(0, &[]);
        check(&folder, &["--claim", "0", "--store", str(&path)]).expect(0, &["TRUE"]);
    }
}

/// Changes one byte of a value without the store noticing, as far as its form allows.
fn spoil(path: &Path, key: PreimageKey) {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("pack") => {
            let mut file = fs::read(path).unwrap();
            let at = file.windows(32).position(|window| window == key.as_bytes()).unwrap() + 40;
            file[at + 31] ^= 1;
            fs::write(path, file).unwrap();
        }
        Some("redb") => {
            // Pages have checksums, so this goes through the store.
            let store = store::open(path).unwrap();
            let mut value = store.get(key).unwrap().unwrap().to_vec();
            value[31] ^= 1;
            store.put(key, &value).unwrap();
        }
        _ => {
            let digits = &key.to_string()[2..];
            let file = path.join(&digits[..4]).join(format!("{}.txt", &digits[4..]));
            let mut text = fs::read_to_string(&file).unwrap();
            let last = text.pop().unwrap();
            text.push(if last == '0' { '1' } else { '0' });
            fs::write(file, text).unwrap();
        }
    }
}

/// A store that has been verified is opened by the next run with nothing left to verify.
fn assert_remembers(path: &Path) {
    let spy = Arc::new(Spy { store: store::open(path).unwrap(), doubts: Mutex::default() });
    Verified::new(spy.clone()).check_all_blobs().unwrap();
    let doubts = spy.doubts.lock().unwrap();
    assert!(doubts.is_empty(), "{}: {} elements were verified again", path.display(), doubts.len());
}

/// Notes what is not vouched for.
#[derive(Debug)]
struct Spy {
    store: Arc<dyn PreimageStore>,
    doubts: Mutex<Vec<PreimageKey>>,
}

impl PreimageStore for Spy {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        self.store.get(key)
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        self.store.put_all(records)
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        self.store.keys()
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        let vouched = self.store.is_vouched(key, value)?;
        if !vouched {
            self.doubts.lock().unwrap().push(key);
        }
        Ok(vouched)
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        self.doubts.lock().unwrap().extend(verified.iter().map(Voucher::key));
        self.store.vouch(verified)
    }
}

#[test]
fn bad_input_is_named() {
    let place = scratch();
    let nothing = place.path().join("nothing");
    tribunal(["preimages", "stats", str(&nothing)]).expect(2, &["nothing", "expected a store"]);
    import(&nothing, &place.path().join("new.pack"), &[]).expect(2, &["nothing", "expected a store"]);
    let text = place.path().join("text");
    fs::write(&text, "some text").unwrap();
    tribunal(["preimages", "verify", str(&text)]).expect(2, &["text", "is not a store"]);
    let empty = place.path().join("empty.pack");
    import(place.path(), &empty, &[]).expect(2, &["is not a store: it has other files (\"text\")"]);
    let bare = place.path().join("bare");
    fs::create_dir(&bare).unwrap();
    import(&bare, &empty, &[]).expect(0, &["0 pre-images"]);
    import(&bare, &place.path().join("new.sqlite"), &[])
        .expect(2, &["new.sqlite", ".redb", ".pack", "no ending"]);
    let Some(folder) = devnet(DEVNET) else { return };
    import(&empty, &folder, &[]).expect(2, &["is a fixture, which is never written", "*.redb"]);
    check(&folder, &["--store", str(&empty)]).expect(2, &["empty.pack has no pre-images"]);
}

#[test]
fn damaged_files_are_named_by_their_damage() {
    let place = scratch();
    let stats = |name: &str, content: &[u8]| {
        let path = place.path().join(name);
        fs::write(&path, content).unwrap();
        tribunal(["preimages", "stats", str(&path)])
    };
    stats("text.bin.zst", b"hello, world").expect(2, &["is not Zstandard data (it begins with 68656c6c)"]);
    stats("empty.bin.zst", b"").expect(2, &["is empty"]);
    let records: Vec<u8> = (0..200u32).flat_map(u32::to_be_bytes).collect();
    let whole = zstd::encode_all(&*records, 1).unwrap();
    stats("cut.bin.zst", &whole[..whole.len() / 2]).expect(2, &["cut.bin.zst: is cut off: copy it again"]);
    let database = place.path().join("whole.redb");
    store::create(&database).unwrap().put(keccak(b"good"), b"good").unwrap();
    let whole = fs::read(&database).unwrap();
    stats("cut.redb", &whole[..4000]).expect(2, &["the database is damaged or cut off (4000 bytes)"]);
}

#[test]
fn unconfirmed_preimages_are_named() {
    let place = scratch();
    let path = place.path().join("store.pack");
    let result = PreimageKey::new_precompile([7; 32]);
    store::create(&path).unwrap().put(result, &[1]).unwrap();
    let named =
        format!("unconfirmed {result}: no hint and no record in the store has its address, gas and input");
    tribunal(["preimages", "verify", str(&path)])
        .expect(0, &[&named, "when a program asks for it", "0 good, 0 bad, 0 unreadable, 1 unconfirmed"]);
}

#[test]
fn errors_from_a_store_cannot_pass_for_results() {
    let place = scratch();
    let path = place.path().join("a\n9 good");
    store::create(&path).unwrap().put(keccak(b"good"), b"bad").unwrap();
    let ran = import(&path, &place.path().join("b\n9 good"), &[]).expect(0, &[r"b\n9 good"]);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
}

#[test]
fn verify_tells_bad_damaged_and_unreadable_apart() {
    let place = scratch();
    let folder = place.path().join("folder");
    let store = store::create(&folder).unwrap();
    let values = [&b"good"[..], b"bad", b"unreadable"];
    for value in values {
        store.put(keccak(value), value).unwrap();
    }
    let verify = |path: &Path| tribunal(["preimages", "verify", str(path)]);
    verify(&folder).expect(0, &["3 good, 0 bad, 0 unreadable, 0 unconfirmed"]);
    let [_, bad, unreadable] = values.map(keccak);
    store.put(bad, b"something else").unwrap();
    verify(&folder).expect(1, &[&format!("bad {bad}: "), "2 good, 1 bad, 0 unreadable, 0 unconfirmed"]);
    // A folder in the place of the file can be opened and not read.
    let digits = &unreadable.to_string()[2..];
    let file = folder.join(&digits[..4]).join(format!("{}.txt", &digits[4..]));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let named =
        [&*format!("unreadable pre-image {unreadable}: {}", file.display()), "1 good, 1 bad, 1 unreadable"];
    verify(&folder).expect(2, &named);

    // Damage of a database that all pre-images survive.
    let path = place.path().join("store.redb");
    let store = store::create(&path).unwrap();
    store.put(keccak(b"good"), b"good").unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let is_sound = |store: &dyn PreimageStore| store.get(keccak(b"good")).is_ok_and(|value| value.is_some());
    let found = (0..whole.len()).step_by(whole.len() / 100).any(|at| {
        let mut damaged = whole.clone();
        damaged[at..].iter_mut().take(64).for_each(|byte| *byte ^= 0x5a);
        fs::write(&path, damaged).unwrap();
        store::open(&path).is_ok_and(|store| is_sound(&*store) && store.check_integrity().is_err())
    });
    assert!(found);
    let ran = verify(&path).expect(1, &["damaged", str(&path), "the database is damaged", "1 good, 0 bad"]);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}
