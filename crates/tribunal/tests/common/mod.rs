//! What the tests of the program share: the real binary, fixtures read in place, and copies of them to spoil.
#![allow(dead_code, missing_docs, reason = "each test binary uses a part of it")]

pub(crate) mod handmade;
pub(crate) mod machine;

use alloy_primitives::B256;
use serde_json::Value;
use std::{
    cell::RefCell,
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};
use tempfile::TempDir;
use tribunal_fixtures::{devnet, fixture};
use tribunal_host::{
    Checks, FixtureFolder, Host, LocalInputs, LocalKeyFlavour, Verified,
    store::{MemoryStore, PreimageStore},
};
use tribunal_preimage::{HintWriterClient, PreimageKey, PreimageOracleClient, PreimageOracleResult};
use tribunal_proof::Silent;

/// The folder of the real claim.
pub(crate) const REAL_CLAIM: &str = "op-sepolia-16491249";
/// Its block hash.
pub(crate) const REAL_HASH: &str = "0x98fc2146b53b40007f93d4fa4b4788b33630373ec8fefb126f61df1dfb24d1d9";
/// Its output root.
pub(crate) const REAL_ROOT: &str = "0x82da7204148ba4d8d59e587b6b3fdde5561dc31d9e726220f7974bf9f2158d75";

/// What a run of the program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            // A state on standard output is not text.
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Requires an exit status, and text on either stream.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for text in texts {
            assert!(self.out.contains(text) || self.err.contains(text), "{text:?} is not in {self:#?}");
        }
        self
    }

    /// The standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// The program, with nothing of this process's environment, from which it takes the host's flags.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tribunal"));
    command.env_clear();
    command
}

/// Runs the program.
pub(crate) fn tribunal<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Ran {
    Ran::of(program().args(args))
}

/// Runs `tribunal check` on a folder.
pub(crate) fn check(folder: &Path, args: &[&str]) -> Ran {
    Ran::of(program().arg("check").arg(folder).args(args))
}

/// A copy of a fixture folder whose JSON files can be edited; the pre-images are a link.
pub(crate) struct Copied(TempDir);

impl Copied {
    pub(crate) fn of(folder: &Path) -> Self {
        let copy = TempDir::new().unwrap();
        for entry in fs::read_dir(folder).unwrap() {
            let from = entry.unwrap().path();
            let to = copy.path().join(from.file_name().unwrap());
            if from.extension() == Some("json".as_ref()) {
                // Not `fs::copy`: fixtures are read-only, and copies of them would be.
                fs::write(to, fs::read(from).unwrap()).unwrap();
            } else {
                symlink(fs::canonicalize(from).unwrap(), to).unwrap();
            }
        }
        Self(copy)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.file(name)).unwrap();
    }

    /// Replaces a file, which may be a link.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let _ = fs::remove_file(self.file(name));
        fs::write(self.file(name), contents).unwrap();
    }

    pub(crate) fn read_json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.file(name)).unwrap()).unwrap()
    }

    pub(crate) fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut json = self.read_json(name);
        edit(&mut json);
        self.write(name, json.to_string());
    }
}

/// A folder with one claim, which is true: the real one, or else the first of our own devnet.
pub(crate) fn true_claim() -> Option<Copied> {
    if tribunal_fixtures::root().join(REAL_CLAIM).is_dir() {
        return fixture(REAL_CLAIM).map(|folder| Copied::of(&folder));
    }
    let folder = Copied::of(&devnet("ecotone-1")?);
    let claim = folder.read_json("claims.json")[0].to_string();
    folder.remove("claims.json");
    folder.write("claim.json", claim);
    Some(folder)
}

/// A hash in JSON with its last byte changed.
pub(crate) fn spoil_hash(hash: &mut Value) {
    let text = hash.as_str().unwrap();
    let (start, end) = text.split_at(text.len() - 2);
    let byte = u8::from_str_radix(end, 16).unwrap() ^ 1;
    *hash = format!("{start}{byte:02x}").into();
}

/// Random numbers that are the same in every run (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is small: the bias does not matter here.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Takes one item out of a list.
    pub(crate) fn take<T>(&mut self, items: &mut Vec<T>) -> Option<T> {
        (!items.is_empty()).then(|| items.swap_remove(self.below(items.len())))
    }
}

/// The local values of a claim of a folder.
pub(crate) fn local_inputs(folder: &Path, claim: usize) -> LocalInputs {
    let folder = FixtureFolder::read(folder).unwrap();
    LocalInputs::new(folder.claims[claim].boot, folder.configs, LocalKeyFlavour::Kona)
}

/// The keys that deciding a claim asks for.
pub(crate) fn keys_read(store: Arc<dyn PreimageStore>, local: LocalInputs) -> BTreeSet<PreimageKey> {
    let host = Host::new(Arc::new(Verified::new(store)), local, Checks::BeforeServing).unwrap();
    let recorder = Recorder { host: &host, keys: RefCell::default() };
    tribunal_client::run(&recorder, &mut Silent).unwrap();
    recorder.keys.into_inner()
}

/// The keys that deciding the claim of a folder asks for, and those that the folder has. Local keys are left out: they are
/// made from the claim.
pub(crate) fn read_and_kept(folder: &Path) -> (BTreeSet<B256>, BTreeSet<B256>) {
    let kept = tribunal_fixtures::preimages(folder);
    let store = MemoryStore::new();
    store
        .put_all(&mut kept.iter().map(|(key, value)| (PreimageKey::try_from(key.0).unwrap(), value.clone())))
        .unwrap();
    let read = keys_read(Arc::new(store), local_inputs(folder, 0));
    let read = read.into_iter().map(B256::from);
    (read.filter(|key| key[0] != 1).collect(), kept.into_iter().map(|(key, _)| key).collect())
}

/// An oracle that notes what it is asked for.
struct Recorder<'a> {
    host: &'a Host,
    keys: RefCell<BTreeSet<PreimageKey>>,
}

impl PreimageOracleClient for Recorder<'_> {
    fn get(&self, key: PreimageKey) -> PreimageOracleResult<Vec<u8>> {
        self.keys.borrow_mut().insert(key);
        self.host.get(key)
    }

    fn get_exact(&self, key: PreimageKey, buf: &mut [u8]) -> PreimageOracleResult<()> {
        self.keys.borrow_mut().insert(key);
        self.host.get_exact(key, buf)
    }
}

impl HintWriterClient for Recorder<'_> {
    fn write(&self, hint: &[u8]) -> PreimageOracleResult<()> {
        HintWriterClient::write(&self.host, hint)
    }
}
