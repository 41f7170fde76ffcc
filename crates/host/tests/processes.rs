//! Several real processes on one store: writers and readers at once, killed writers, other users, other umasks.

mod common;

use alloy_primitives::Bytes;
use common::*;
use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tribunal_host::{
    HostError, HostResult,
    store::{self, PreimageStore, Voucher},
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

const PATH: &str = "TRIBUNAL_TEST_STORE";
const FIRST: &str = "TRIBUNAL_TEST_FIRST";
const COUNT: &str = "TRIBUNAL_TEST_COUNT";

const NAMES: [&str; 3] = ["store.redb", "store", "store.pack"];

/// The id of a user who owns no files.
const OTHER_USER: u32 = 65534;

fn record(number: u64) -> (PreimageKey, Bytes) {
    hashed(&number.to_be_bytes())
}

fn variable(name: &str) -> u64 {
    std::env::var(name).unwrap().parse().unwrap()
}

/// Run in a process of its own: puts records one by one and says which are there.
#[test]
#[ignore = "only run by the tests below, in a process of its own"]
fn writer() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = store::create(Path::new(&path)).unwrap();
    for number in variable(FIRST)..variable(FIRST) + variable(COUNT) {
        let (key, value) = record(number);
        store.put(key, &value).unwrap();
        println!("{number}");
    }
}

/// Run in a process of its own: reads everything, tries to remember something, and says how many records there are.
#[test]
#[ignore = "only run by the tests below, in a process of its own"]
fn reader() {
    let Some(path) = std::env::var_os(PATH) else { return };
    match store::open(Path::new(&path)) {
        Ok(store) => {
            let number = contents(&*store).len();
            let elements = store.keys_of(PreimageKeyType::Blob).unwrap();
            let verified: Vec<_> = elements
                .into_iter()
                .map(|key| Voucher::new(key, &store.get(key).unwrap().unwrap()))
                .collect();
            println!("read {number}; vouched: {}", store.vouch(&verified).is_ok());
        }
        Err(error) => println!("failed: {error}"),
    }
}

fn child(test: &str, path: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(PATH, path);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn writer_of(path: &Path, first: u64, count: u64) -> Child {
    let mut command = child("writer", path);
    command.env(FIRST, first.to_string()).env(COUNT, count.to_string()).spawn().unwrap()
}

/// Reads what a writer says until it has written the record `wanted`.
fn wait_for(child: &mut Child, wanted: u64) {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
    lines.filter_map(|line| line.parse::<u64>().ok()).find(|number| *number == wanted).unwrap();
}

#[test]
fn writers_and_readers_share_a_store() {
    const EACH: u64 = 40;
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        // They also race to make the store.
        let mut writers: Vec<_> = (0..3).map(|index| writer_of(&path, 1000 * index, EACH)).collect();
        wait_for(&mut writers[0], 0);
        let early = store::open(&path).unwrap();
        // A reader that opened the store earlier sees what others write.
        wait_for(&mut writers[1], 1000 + EACH - 1);
        if name != "store.pack" {
            let (key, value) = record(1000 + EACH - 1);
            assert_eq!(early.get(key).unwrap(), Some(value), "{name}");
        }
        for writer in &mut writers {
            assert!(writer.wait().unwrap().success(), "{name}");
        }
        let all = contents(&*store::open(&path).unwrap());
        assert_eq!(all.len() as u64, 3 * EACH, "{name}");
        if name != "store.pack" {
            assert_eq!(contents(&*early), all, "{name}");
        }
    }
}

#[test]
fn a_killed_writer_does_not_stop_the_others() {
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut killed = writer_of(&path, 0, u64::MAX / 2);
        wait_for(&mut killed, 3);
        let mut other = writer_of(&path, u64::MAX / 2, 30);
        wait_for(&mut other, u64::MAX / 2);
        killed.kill().unwrap();
        killed.wait().unwrap();
        assert!(other.wait().unwrap().success(), "{name}");
        let store = store::open(&path).unwrap();
        for number in (0..=3).chain(u64::MAX / 2..u64::MAX / 2 + 30) {
            let (key, value) = record(number);
            assert_eq!(store.get(key).unwrap(), Some(value), "{name}: {number}");
        }
        for (key, value) in contents(&*store) {
            assert_eq!(hashed(&value).0, key, "{name}");
        }
    }
}

/// The output of a reader without write permission. As root it runs under another user, because permissions do not
/// restrict root.
fn read_as_another(path: &Path) -> Option<String> {
    let mut command = child("reader", path);
    if rustix::process::geteuid().is_root() {
        command.uid(OTHER_USER);
    }
    let Ok(output) = command.output() else {
        tribunal_fixtures::skip("the test program cannot be run as another user");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let Some(said) =
        text.lines().find_map(|line| line.find("read ").or(line.find("failed: ")).map(|at| &line[at..]))
    else {
        tribunal_fixtures::skip("the test program cannot be run as another user");
        return None;
    };
    Some(said.to_owned())
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// All files and folders under `path`, with it.
fn tree(path: &Path) -> Vec<PathBuf> {
    let mut all = vec![path.to_owned()];
    if path.is_dir() {
        for name in names(path) {
            all.extend(tree(&path.join(name)));
        }
    }
    all
}

#[test]
fn a_store_without_write_permission_is_read() {
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let store = store::create(&path).unwrap();
        store.put(PreimageKey::new_blob([1; 32]), &[1; 32]).unwrap();
        drop(store);
        let before = tree(folder.path());
        let contents = |path: &PathBuf| path.is_file().then(|| fs::read(path).unwrap());
        let bytes: Vec<_> = before.iter().map(contents).collect();
        for path in before.iter().rev() {
            set_mode(path, if path.is_dir() { 0o555 } else { 0o444 });
        }
        let said = read_as_another(&path);
        for path in before.iter().filter(|path| path.is_dir()) {
            set_mode(path, 0o755);
        }
        if let Some(said) = said {
            // What was verified cannot be remembered, which the store reports.
            assert_eq!(said, "read 1; vouched: false", "{name}");
        }
        assert_eq!(tree(folder.path()), before, "{name}");
        assert_eq!(before.iter().map(contents).collect::<Vec<_>>(), bytes, "{name}");
    }
}

#[test]
fn a_database_that_needs_repair_is_read_by_a_user_who_cannot_repair_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let mut killed = writer_of(&path, 0, u64::MAX / 2);
    wait_for(&mut killed, 3);
    killed.kill().unwrap();
    killed.wait().unwrap();
    set_mode(folder.path(), 0o755);
    set_mode(&path, 0o444);
    let before = fs::read(&path).unwrap();
    if rustix::process::geteuid().is_root()
        && let Some(said) = read_as_another(&path)
    {
        let number = said.strip_prefix("read ").and_then(|said| said.strip_suffix("; vouched: false"));
        assert!(
            number.and_then(|number| number.parse().ok()).is_some_and(|number: u64| number > 3),
            "{said}"
        );
        assert!(fs::read(&path).unwrap() == before);
    }
    // A user who may write repairs it.
    set_mode(&path, 0o644);
    let store = store::open(&path).unwrap();
    let (key, value) = record(3);
    assert_eq!(store.get(key).unwrap(), Some(value));
    assert!(fs::read(&path).unwrap() != before);
}

/// A pre-image of 100 000 bytes.
fn large(number: u64) -> (PreimageKey, Bytes) {
    hashed(&number.to_be_bytes().repeat(12_500))
}

/// Run in a process of its own, which may not write large files: puts pre-images until that fails, twice.
#[test]
#[ignore = "only run by the test below, in a process of its own"]
fn filler() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let store = store::create(Path::new(&path)).unwrap();
    let mut written = 0;
    for _ in 0..2 {
        let error = loop {
            let (key, value) = large(written);
            match store.put(key, &value) {
                Ok(()) => written += 1,
                Err(error) => break error,
            }
        };
        println!("failed: {error}");
    }
    for number in 0..written {
        let (key, value) = large(number);
        assert_eq!(store.get(key).unwrap(), Some(value));
    }
    println!("wrote {written}");
}

#[test]
fn a_full_disk_is_named_and_costs_no_record() {
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        if name == "store" {
            // Each file is small there.
            continue;
        }
        let output = Command::new("sh")
            .args([
                "-c",
                r#"trap "" XFSZ; ulimit -f 12000; exec "$EXE" --exact filler --ignored --nocapture"#,
            ])
            .env("EXE", std::env::current_exe().unwrap())
            .env(PATH, &path)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{name}: {said}{}", String::from_utf8_lossy(&output.stderr));
        let failed: Vec<_> = said.lines().filter_map(|line| line.split_once("failed: ")).collect();
        assert_eq!(failed.len(), 2, "{name}: {said}");
        for (_, error) in failed {
            assert!(error.contains(&format!("{}: File too large", path.display())), "{name}: {error}");
        }
        let written: u64 =
            said.lines().find_map(|line| line.strip_prefix("wrote ")).unwrap().parse().unwrap();
        assert!(written > 0, "{name}");
        // The database was repaired at once: to open it changes nothing.
        let before = fs::read(&path).unwrap();
        let store = store::open(&path).unwrap();
        for number in 0..written {
            let (key, value) = large(number);
            assert_eq!(store.get(key).unwrap(), Some(value), "{name}: {number}");
        }
        store.check_integrity().unwrap();
        assert!(fs::read(&path).unwrap() == before, "{name}");
        assert_eq!(names(folder.path()), [name]);
    }
}

/// Run in a process of its own: an import that waits for a line in the middle.
#[test]
#[ignore = "only run by the test below, in a process of its own"]
fn importer() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let from = store::MemoryStore::new();
    for number in 0..3 {
        let (key, value) = record(number);
        from.put(key, &value).unwrap();
    }
    let mut wait = |done, _| {
        if done == 2 {
            println!("waiting");
            std::io::stdin().read_line(&mut String::new()).unwrap();
        }
    };
    store::StoreOptions::default().import(&from, Path::new(&path), &mut wait).unwrap();
}

fn waiting_importer(path: &Path) -> Child {
    let mut child = child("importer", path).stdin(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
    lines.find(|line| line.ends_with("waiting")).unwrap();
    child
}

#[test]
fn what_a_killed_import_left_is_removed_and_a_living_import_is_not_disturbed() {
    let leftovers = |path: &Path| names(path).iter().filter(|name| name.starts_with(".tribunal-")).count();
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let mut living = waiting_importer(&folder.path().join(format!("living.{name}")).join(""));
        let mut killed = waiting_importer(&path);
        killed.kill().unwrap();
        killed.wait().unwrap();
        // Leftovers of files and of writes into a folder look like this.
        fs::write(folder.path().join(".tribunal-abcdef"), "half").unwrap();
        assert_eq!(leftovers(folder.path()), 3, "{name}: {:?}", names(folder.path()));
        let store = store::create(&path).unwrap();
        assert_eq!(leftovers(folder.path()), 1, "{name}: {:?}", names(folder.path()));
        let (key, value) = record(7);
        store.put(key, &value).unwrap();
        if path.is_dir() {
            fs::create_dir(path.join(".tribunal-ghijkl")).unwrap();
        }
        drop(store::create(&path).unwrap());
        if path.is_dir() {
            assert_eq!(leftovers(&path), 0);
        }
        drop(living.stdin.take());
        assert!(living.wait().unwrap().success(), "{name}");
        assert_eq!(leftovers(folder.path()), 0, "{name}: {:?}", names(folder.path()));
        assert_eq!(contents(&*store::open(&folder.path().join(format!("living.{name}"))).unwrap()).len(), 3);
    }
}

#[test]
fn modes_follow_the_umask() {
    for (umask, file, folder) in [("027", 0o640, 0o750), ("002", 0o664, 0o775)] {
        let place = tempfile::tempdir().unwrap();
        for name in NAMES {
            let path = place.path().join(name);
            let status = Command::new("sh")
                .args(["-c", &format!(r#"umask {umask}; exec "$EXE" --exact writer --ignored"#)])
                .env("EXE", std::env::current_exe().unwrap())
                .env(PATH, &path)
                .env(FIRST, "0")
                .env(COUNT, "2")
                .stdout(Stdio::null())
                .status()
                .unwrap();
            assert!(status.success());
            for path in tree(&path) {
                let expected = if path.is_dir() { folder } else { file };
                assert_eq!(mode_of(&path), expected, "umask {umask}: {}", path.display());
            }
        }
    }
}

#[test]
fn a_pack_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.pack");
    let store = store::create(&path).unwrap();
    set_mode(&path, 0o604);
    let (key, value) = record(1);
    store.put(key, &value).unwrap();
    assert_eq!(mode_of(&path), 0o604);
}

#[test]
fn a_failed_import_leaves_nothing() {
    let from = Failing(store::MemoryStore::new());
    for number in 0..100 {
        let (key, value) = record(number);
        from.0.put(key, &value).unwrap();
    }
    for name in NAMES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let error = store::StoreOptions::default().import(&from, &path, &mut |_, _| {}).unwrap_err();
        assert!(matches!(error, HostError::ReadOnly { .. }), "{error}");
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{name}");

        // In an empty folder, complete records stay, and without any, no marker is left.
        if name == "store" {
            fs::create_dir(&path).unwrap();
            let empty = Failing(store::MemoryStore::new());
            let (key, value) = record(0);
            empty.0.put(key, &value).unwrap();
            assert!(store::StoreOptions::default().import(&empty, &path, &mut |_, _| {}).is_err());
            assert_eq!(names(&path), Vec::<String>::new());
        }

        // An existing store keeps the records that are complete.
        let store = store::create(&path).unwrap();
        let (key, value) = record(1000);
        store.put(key, &value).unwrap();
        assert!(store::StoreOptions::default().import(&from, &path, &mut |_, _| {}).is_err());
        assert_eq!(store::open(&path).unwrap().get(key).unwrap(), Some(value));
    }
}

/// A store whose last record cannot be read.
#[derive(Debug)]
struct Failing(store::MemoryStore);

impl PreimageStore for Failing {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        match self.0.keys()?.last() == Some(&key) {
            true => Err(HostError::ReadOnly { path: "failing".into() }),
            false => self.0.get(key),
        }
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        self.0.put_all(records)
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        self.0.keys()
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        self.0.is_vouched(key, value)
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        self.0.vouch(verified)
    }
}
