//! What a program asked for.

use serde::{Serialize, Serializer, ser::SerializeMap};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tribunal_preimage::HintType;
use tribunal_preimage::PreimageKeyType;

use crate::store::slot;

const KINDS: usize = PreimageKeyType::ALL.len();

/// Counts while a program runs.
#[derive(Debug)]
pub(crate) struct Tally {
    numbers: [AtomicU64; KINDS],
    bytes: [AtomicU64; KINDS],
    hints: Vec<AtomicU64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            numbers: Default::default(),
            bytes: Default::default(),
            hints: HintType::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }

    pub(crate) fn count_preimage(&self, key_type: PreimageKeyType, length: usize) {
        if let (Some(number), Some(bytes)) =
            (self.numbers.get(slot(key_type)), self.bytes.get(slot(key_type)))
        {
            number.fetch_add(1, Ordering::Relaxed);
            bytes.fetch_add(length as u64, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_hint(&self, route: HintType) {
        if let Some(count) =
            HintType::ALL.iter().position(|one| *one == route).and_then(|at| self.hints.get(at))
        {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn stats(&self) -> OracleStats {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let kinds = PreimageKeyType::ALL.into_iter().zip(self.numbers.iter().zip(&self.bytes));
        OracleStats {
            preimages: kinds
                .map(|(kind, (number, bytes))| Served { kind, number: load(number), bytes: load(bytes) })
                .filter(|served| served.number > 0)
                .collect(),
            hints: HintType::ALL
                .iter()
                .zip(&self.hints)
                .map(|(route, count)| (*route, load(count)))
                .filter(|(_, count)| *count > 0)
                .collect(),
        }
    }
}

/// The counts of a host: they go on while it runs, and stay when it is gone.
#[derive(Debug, Clone)]
pub struct Counting(pub(crate) Arc<Tally>);

impl Counting {
    /// What the program asked for until now.
    #[must_use]
    pub fn stats(&self) -> OracleStats {
        self.0.stats()
    }
}

/// What a program asked for, by kind. Kinds that were never asked for are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OracleStats {
    /// Pre-images, by the type of their key.
    #[serde(serialize_with = "preimages_by_name")]
    pub preimages: Vec<Served>,
    /// Hints, by route.
    #[serde(serialize_with = "hints_by_name")]
    pub hints: Vec<(HintType, u64)>,
}

/// Pre-images of one type that were served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The type.
    #[serde(skip)]
    pub kind: PreimageKeyType,
    /// How many.
    pub number: u64,
    /// Their bytes, without keys and lengths.
    pub bytes: u64,
}

impl OracleStats {
    /// Number and bytes of all pre-images.
    #[must_use]
    pub fn total(&self) -> (u64, u64) {
        self.preimages.iter().fold((0, 0), |(number, bytes), one| (number + one.number, bytes + one.bytes))
    }
}

/// The name of a type, for people and in JSON.
#[must_use]
pub const fn kind_name(kind: PreimageKeyType) -> &'static str {
    match kind {
        PreimageKeyType::Local => "local",
        PreimageKeyType::Keccak256 => "keccak256",
        PreimageKeyType::GlobalGeneric => "generic",
        PreimageKeyType::Sha256 => "sha256",
        PreimageKeyType::Blob => "blob",
        PreimageKeyType::Precompile => "precompile",
    }
}

fn preimages_by_name<S: Serializer>(preimages: &[Served], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(preimages.len()))?;
    for served in preimages {
        map.serialize_entry(kind_name(served.kind), served)?;
    }
    map.end()
}

fn hints_by_name<S: Serializer>(hints: &[(HintType, u64)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(hints.len()))?;
    for (route, count) in hints {
        map.serialize_entry(route.name(), count)?;
    }
    map.end()
}

impl fmt::Display for OracleStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, bytes) = self.total();
        write!(f, "  {:<24} {number:>9} {bytes:>12} bytes", "pre-images")?;
        for served in &self.preimages {
            write!(
                f,
                "\n    {:<22} {:>9} {:>12} bytes",
                kind_name(served.kind),
                served.number,
                served.bytes
            )?;
        }
        write!(f, "\n  {:<24} {:>9}", "hints", self.hints.iter().map(|(_, count)| count).sum::<u64>())?;
        for (route, count) in &self.hints {
            write!(f, "\n    {:<22} {count:>9}", route.name())?;
        }
        Ok(())
    }
}
