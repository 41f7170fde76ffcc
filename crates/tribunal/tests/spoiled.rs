//! A claim with one pre-image removed or changed is undecided and names the key: never a wrong verdict.
//!
//! Every run takes a sample, the same one each time, with every type of key in it. With `TRIBUNAL_EXHAUSTIVE` in the
//! environment it is some ten times as large, as `make conformance` has it.

mod common;

use alloy_primitives::Bytes;
use common::{Random, check, keys_read, local_inputs, true_claim};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};
use tribunal_fixtures::fixture;
use tribunal_host::{
    Checks, Host, HostError, HostResult, LocalInputs, Verified,
    store::{self, PreimageStore, Voucher},
};
use tribunal_preimage::{PreimageKey, PreimageKeyType, PreimageOracleError};
use tribunal_proof::Silent;

/// How many of each kind to try: `few` in every run, `many` when asked to.
fn sample_size(few: usize, many: usize) -> usize {
    if std::env::var_os("TRIBUNAL_EXHAUSTIVE").is_some() { many } else { few }
}

/// The damage to a pre-image.
#[derive(Debug, Clone, Copy)]
enum Spoiling {
    Remove,
    FlipByte,
    Truncate,
    Extend,
    Empty,
}

const CORRUPTIONS: [Spoiling; 6] = [
    Spoiling::FlipByte,
    Spoiling::FlipByte,
    Spoiling::Truncate,
    Spoiling::FlipByte,
    Spoiling::Extend,
    Spoiling::Empty,
];

impl Spoiling {
    /// The value in its new form; the empty string can only grow.
    fn apply(self, value: &[u8], random: &mut Random) -> Option<Bytes> {
        let mut spoiled = value.to_vec();
        match self {
            Self::Remove => return None,
            _ if value.is_empty() => spoiled.push(0),
            Self::FlipByte => {
                let at = random.below(value.len());
                spoiled[at] ^= 1 + random.below(255) as u8;
            }
            Self::Truncate => spoiled.truncate(value.len() - 1),
            Self::Extend => spoiled.push(random.below(256) as u8),
            Self::Empty => spoiled.clear(),
        }
        Some(spoiled.into())
    }
}

/// A store with one pre-image hidden or replaced.
#[derive(Debug)]
struct Spoiled {
    store: Arc<dyn PreimageStore>,
    key: PreimageKey,
    value: Option<Bytes>,
    /// Whether a check accepted the spoiled value.
    vouched: AtomicBool,
}

impl PreimageStore for Spoiled {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        if key == self.key { Ok(self.value.clone()) } else { self.store.get(key) }
    }

    fn put_all(&self, _: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        Err(HostError::ReadOnly { path: "spoiled".into() })
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        let mut keys = self.store.keys()?;
        keys.retain(|key| *key != self.key || self.value.is_some());
        Ok(keys)
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        if key == self.key {
            return Ok(self.vouched.load(Ordering::SeqCst));
        }
        self.store.is_vouched(key, value)
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        let others: Vec<_> = verified.iter().copied().filter(|voucher| voucher.key() != self.key).collect();
        if others.len() < verified.len() {
            self.vouched.store(true, Ordering::SeqCst);
        }
        self.store.vouch(&others)
    }
}

#[derive(Debug)]
enum Outcome {
    Decided(bool),
    Undecided { error: String, key: Option<PreimageKey> },
}

/// Decides as `tribunal check` does.
fn decide(store: Arc<dyn PreimageStore>, local: LocalInputs, checks: Checks) -> Outcome {
    let host = Host::new(Arc::new(Verified::new(store)), local, checks).unwrap();
    let result = tribunal_client::run(&host, &mut Silent);
    let undecided = |error: String, oracle: Option<&PreimageOracleError>| Outcome::Undecided {
        error,
        key: oracle.and_then(PreimageOracleError::key),
    };
    match (host.settle(), result) {
        (Err(HostError::Oracle(error)), _) => undecided(error.to_string(), Some(&error)),
        (Err(error), _) => undecided(error.to_string(), None),
        (Ok(()), Err(error)) => undecided(error.to_string(), error.oracle_error()),
        (Ok(()), Ok(verdict)) => Outcome::Decided(verdict.valid),
    }
}

/// A claim that is true, its pre-images, and which of them matter.
struct Subject {
    store: Arc<dyn PreimageStore>,
    local: LocalInputs,
    read: BTreeSet<PreimageKey>,
}

impl Subject {
    fn load(folder: &Path) -> Self {
        let store = store::open(folder).unwrap();
        let local = local_inputs(folder, 0);
        let read = keys_read(store.clone(), local.clone());
        let whole = decide(store.clone(), local.clone(), Checks::Meanwhile);
        assert!(matches!(whole, Outcome::Decided(true)), "{whole:?}");
        Self { store, local, read }
    }

    /// Random keys, of all types in turn until a type has no more. Most are of pre-images that are read.
    fn sample(&self, number: usize, random: &mut Random) -> Vec<PreimageKey> {
        let mut pools: BTreeMap<(PreimageKeyType, bool), Vec<PreimageKey>> = BTreeMap::new();
        for key in self.store.keys().unwrap() {
            pools.entry((key.key_type(), self.read.contains(&key))).or_default().push(key);
        }
        // A pre-image that is never read may be wrong without consequence, so these have a turn only one time in eight.
        let mut sample = Vec::new();
        for turn in 0.. {
            let before = sample.len();
            for ((_, is_read), pool) in &mut pools {
                if (*is_read || turn % 8 == 0) && sample.len() < number {
                    sample.extend(random.take(pool));
                }
            }
            if sample.len() == number || (sample.len() == before && turn % 8 == 0) {
                break;
            }
        }
        sample
    }

    /// What is wrong with the answer when `key` is spoiled, if anything is.
    fn complaint(&self, key: PreimageKey, spoiling: Spoiling, seed: u64) -> Option<String> {
        let mut random = Random(seed);
        let good = self.store.get(key).unwrap().unwrap();
        let spoiled = Spoiled {
            store: self.store.clone(),
            key,
            value: spoiling.apply(&good, &mut random),
            vouched: AtomicBool::new(false),
        };
        let checks = if seed.is_multiple_of(2) { Checks::Meanwhile } else { Checks::BeforeServing };
        let outcome =
            catch_unwind(AssertUnwindSafe(|| decide(Arc::new(spoiled), self.local.clone(), checks)));
        let fine = match &outcome {
            Ok(Outcome::Undecided { error, key: named }) => {
                *named == Some(key) && error.contains(&key.to_string())
            }
            Ok(Outcome::Decided(verdict)) => *verdict && !self.read.contains(&key),
            Err(_) => false,
        };
        (!fine).then(|| {
            let is_read = if self.read.contains(&key) { "read" } else { "not read" };
            format!("{spoiling:?} of {key} ({is_read}, {checks:?}): {:?}", outcome.map_err(|_| "a panic"))
        })
    }

    /// Spoils `number` pre-images one at a time, on two threads.
    fn try_out(&self, number: usize, seed: u64, spoiling: impl Fn(usize) -> Spoiling + Sync) {
        let keys = self.sample(number, &mut Random(seed));
        let types: BTreeSet<_> = keys.iter().map(PreimageKey::key_type).collect();
        let all: BTreeSet<_> = self.store.keys().unwrap().iter().map(PreimageKey::key_type).collect();
        assert_eq!(types, all, "a type of key is not in the sample");
        let next = AtomicUsize::new(0);
        let work = || {
            let mut complaints = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::SeqCst);
                let Some(key) = keys.get(index) else { return complaints };
                complaints.extend(self.complaint(*key, spoiling(index), seed + index as u64));
            }
        };
        let complaints: Vec<String> = thread::scope(|scope| {
            let workers = [scope.spawn(work), scope.spawn(work)];
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        assert!(complaints.is_empty(), "{} of {}:\n{}", complaints.len(), keys.len(), complaints.join("\n"));
    }
}

fn corruption(index: usize) -> Spoiling {
    // Independent of the order of the types of keys and of the kinds of checks.
    CORRUPTIONS[(index / 2 + index / 7) % CORRUPTIONS.len()]
}

#[test]
fn preimages_removed() {
    let Some(folder) = true_claim() else { return };
    Subject::load(folder.path()).try_out(sample_size(30, 250), 1_000, |_| Spoiling::Remove);
}

#[test]
fn preimages_corrupted() {
    let Some(folder) = true_claim() else { return };
    Subject::load(folder.path()).try_out(sample_size(30, 250), 2_000, corruption);
}

/// A chain with precompile results.
const PRECOMPILES: &str = "devnets/transactions-1";

#[test]
fn precompiles_removed() {
    let Some(folder) = fixture(PRECOMPILES) else { return };
    let subject = Subject::load(&folder);
    assert!(subject.read.iter().any(|key| key.key_type() == PreimageKeyType::Precompile));
    subject.try_out(sample_size(20, 100), 3_000, |_| Spoiling::Remove);
}

#[test]
fn precompiles_corrupted() {
    let Some(folder) = fixture(PRECOMPILES) else { return };
    Subject::load(&folder).try_out(sample_size(30, 200), 4_000, corruption);
}

/// Blobs in which more than one byte is wrong: the check cannot name the elements, but it names the blob.
#[test]
fn whole_elements_exchanged() {
    let Some(folder) = true_claim() else { return };
    let subject = Subject::load(folder.path());
    let blob: Vec<_> =
        subject.read.iter().filter(|key| key.key_type() == PreimageKeyType::Blob).copied().collect();
    let mut random = Random(5_000);
    for _ in 0..sample_size(3, 20) {
        let [key, other] = [(); 2].map(|()| blob[random.below(blob.len())]);
        let [value, old] = [other, key].map(|key| subject.store.get(key).unwrap().unwrap());
        if value == old {
            continue;
        }
        let spoiled = Spoiled {
            store: subject.store.clone(),
            key,
            value: Some(value),
            vouched: AtomicBool::new(false),
        };
        let outcome = decide(Arc::new(spoiled), subject.local.clone(), Checks::Meanwhile);
        assert!(matches!(&outcome, Outcome::Undecided { error, .. } if error.contains("0x")), "{outcome:?}");
    }
}

/// The same with files and the real program.
#[test]
fn through_the_program() {
    let Some(copy) = true_claim() else { return };
    let subject = Subject::load(copy.path());
    let mut random = Random(6_000);
    let keys: Vec<_> = subject
        .sample(sample_size(16, 96), &mut random)
        .into_iter()
        .filter(|key| subject.read.contains(key))
        .collect();
    for (index, key) in keys.into_iter().enumerate() {
        let spoiling =
            if index % 2 == 0 { Spoiling::Remove } else { CORRUPTIONS[index / 2 % CORRUPTIONS.len()] };
        copy.write("preimages.bin.zst", file_with(&*subject.store, key, spoiling, &mut random));
        let ran = check(copy.path(), &["--json"]).expect(2, &[]);
        let report = ran.json();
        assert_eq!(report[0]["verdict"], "undecided", "{spoiling:?}");
        assert_eq!(report[0]["key"], key.to_string(), "{spoiling:?}: {}", report[0]["error"]);
    }
}

/// A pre-image file with one record spoiled.
fn file_with(store: &dyn PreimageStore, spoiled: PreimageKey, how: Spoiling, random: &mut Random) -> Vec<u8> {
    let mut records = Vec::new();
    for key in store.keys().unwrap() {
        let mut value = store.get(key).unwrap().unwrap();
        if key == spoiled {
            let Some(other) = how.apply(&value, random) else { continue };
            value = other;
        }
        records.extend_from_slice(key.as_bytes());
        records.extend_from_slice(&(value.len() as u64).to_be_bytes());
        records.extend_from_slice(&value);
    }
    zstd::bulk::compress(&records, 1).unwrap()
}

/// A claim about forged headers, which are read before their hashes are checked.
#[test]
fn numbers_in_headers_do_no_harm() {
    let Some(folder) = true_claim() else { return };
    let subject = Subject::load(folder.path());
    let mut tried = 0;
    for key in subject.read.iter().filter(|key| key.key_type() == PreimageKeyType::Keccak256) {
        let value = subject.store.get(*key).unwrap().unwrap();
        let Ok(mut header) = alloy_rlp_header(&value) else { continue };
        header.number = u64::MAX - header.number % 3;
        header.timestamp = u64::MAX;
        header.gas_limit = u64::MAX;
        tried += 1;
        if tried > sample_size(6, 100) {
            break;
        }
        let spoiled = Spoiled {
            store: subject.store.clone(),
            key: *key,
            value: Some(alloy_rlp::encode(&header).into()),
            vouched: AtomicBool::new(false),
        };
        let outcome = decide(Arc::new(spoiled), subject.local.clone(), Checks::Meanwhile);
        assert!(
            matches!(&outcome, Outcome::Undecided { key: named, .. } if *named == Some(*key)),
            "{outcome:?}"
        );
    }
    assert!(tried > 1);
}

fn alloy_rlp_header(rlp: &[u8]) -> alloy_rlp::Result<alloy_consensus::Header> {
    alloy_rlp::decode_exact(rlp)
}
