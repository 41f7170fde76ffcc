//! The pre-images of a run, and which of their words a segment reads.

use super::{Space, SpaceTree, Tables};
use crate::{
    air::AnyTable,
    hash::{Digest, hash_leaf, mark},
    tables::{
        ADVICE, INDEX_BITS, OracleBoundaryRow,
        region::{FIRST_DATA, LENGTH, LENGTH_BITS},
    },
    trace::leaf_limbs,
};
use core::array;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A pre-image. A region of the oracle's space has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preimage {
    /// Its key. The first byte is the type.
    pub key: [u8; 32],
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What keeps a pre-image from being proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unprovable {
    /// Keys of this type have no proof.
    #[error("pre-images of type {0} cannot be proven")]
    Type(u8),
    /// There are two pre-images of one key.
    #[error("there are two pre-images of one key")]
    Twice,
    /// It is too long.
    #[error("a pre-image of {0} bytes is too long")]
    Long(usize),
    /// Its key is not that of its bytes.
    #[error("the bytes have another hash than the key says")]
    Hash,
    /// An index of advice is out of range.
    #[error("the index of an advice must be below 2^{INDEX_BITS}")]
    Index,
}

/// The index of an advice. `None` if the key is no advice, or has an index that is out of range.
fn advice(key: &[u8; 32]) -> Option<u32> {
    let (zeros, index) = key[1..].split_at(27);
    let index = index.iter().fold(0, |index, byte| index << 8 | u32::from(*byte));
    (key[0] == 3 && zeros.iter().all(|byte| *byte == 0) && index < ADVICE).then_some(index)
}

/// Checks that a pre-image of this key and length can be proven, if its bytes match the key.
pub(crate) fn check(key: &[u8; 32], length: usize) -> Result<(), Unprovable> {
    match key[0] {
        1 | 2 | 4 => {}
        3 if advice(key).is_some() => {}
        3 => return Err(Unprovable::Index),
        other => return Err(Unprovable::Type(other)),
    }
    if length >> LENGTH_BITS == 0 { Ok(()) } else { Err(Unprovable::Long(length)) }
}

/// The pre-images of a run: each has a region, whose number is not 0.
#[derive(Debug, Clone, Default)]
pub(crate) struct Preimages {
    regions: BTreeMap<u32, Preimage>,
    numbers: HashMap<[u8; 32], u32>,
}

impl Preimage {
    /// The number of words, with those of the key and the length.
    pub(crate) const fn words(&self) -> u32 {
        (FIRST_DATA + self.bytes.len().div_ceil(8)) as u32
    }

    /// The number of leaves.
    pub(crate) const fn leaves(&self) -> u32 {
        self.words().div_ceil(4)
    }

    /// A word: of the key, the length, or of the bytes. It is 0 after the end.
    pub(crate) fn word(&self, word: u32) -> u64 {
        let from = |bytes: &[u8], word: usize| {
            let rest = bytes.get(8 * word..).unwrap_or_default();
            (0..8).fold(0, |value, byte| value << 8 | u64::from(rest.get(byte).copied().unwrap_or_default()))
        };
        match word as usize {
            word @ 0..LENGTH => from(&self.key, word),
            LENGTH => self.bytes.len() as u64,
            word => from(&self.bytes, word - FIRST_DATA),
        }
    }

    /// The words of a leaf.
    pub(crate) fn leaf(&self, place: u32) -> [u64; 4] {
        array::from_fn(|word| self.word(4 * place + word as u32))
    }

    /// The indices in the space and the digests of all leaves, if the region has this number.
    pub(crate) fn digests(&self, number: u32) -> impl Iterator<Item = (u64, Digest)> {
        (0..self.leaves()).map(move |place| (index(number, place), digest(self.leaf(place))))
    }
}

/// The index of a leaf in the space.
pub(super) const fn index(region: u32, place: u32) -> u64 {
    (region as u64) << 30 | place as u64
}

/// The digest of a leaf that is written.
pub(super) fn digest(words: [u64; 4]) -> Digest {
    hash_leaf(&mark(leaf_limbs(words)))
}

impl Preimages {
    /// Gives each pre-image its region: local keys the first ones, in increasing order, then those that are hashed. The region
    /// of an advice follows from its index.
    pub(crate) fn new(all: impl IntoIterator<Item = Preimage>) -> Result<Self, Unprovable> {
        let mut sorted = BTreeMap::new();
        for Preimage { key, bytes } in all {
            check(&key, bytes.len())?;
            if sorted.insert(key, bytes).is_some() {
                return Err(Unprovable::Twice);
            }
        }
        let mut preimages = Self::default();
        let mut next = 1;
        for (key, bytes) in sorted {
            let number = match advice(&key) {
                Some(index) => ADVICE + index,
                None => {
                    next += 1;
                    next - 1
                }
            };
            preimages.numbers.insert(key, number);
            preimages.regions.insert(number, Preimage { key, bytes });
        }
        Ok(preimages)
    }

    /// The regions by number.
    pub(crate) const fn regions(&self) -> &BTreeMap<u32, Preimage> {
        &self.regions
    }

    /// The number of the region of a key.
    pub(crate) fn region_of(&self, key: &[u8; 32]) -> Option<u32> {
        self.numbers.get(key).copied()
    }

    /// The tree of all pre-images.
    pub(crate) fn tree(&self) -> SpaceTree {
        let leaves: Vec<(u64, Digest)> =
            self.regions.iter().flat_map(|(&number, region)| region.digests(number)).collect();
        let mut tree = SpaceTree::default();
        tree.update(Space::Oracle, &leaves);
        tree
    }
}

/// Which words of the pre-images a segment reads.
#[derive(Debug, Default)]
pub(crate) struct OracleReads {
    preimages: Arc<Preimages>,
    /// How often each word of a leaf is read, by region and place.
    leaves: BTreeMap<(u32, u32), [u32; 4]>,
}

impl OracleReads {
    /// Nothing of these pre-images is read yet.
    pub(crate) fn of(preimages: Arc<Preimages>) -> Self {
        Self { preimages, leaves: BTreeMap::new() }
    }

    /// The pre-images.
    pub(crate) fn preimages(&self) -> &Preimages {
        &self.preimages
    }

    /// Notes that a row receives a word of a region on the bus `oracle`, and returns the word. `None` if the region has no
    /// leaf with this word; then it is not noted.
    pub(crate) fn read(&mut self, region: u32, word: u32) -> Option<u64> {
        let content = self.preimages.regions.get(&region)?;
        if word / 4 >= content.leaves() {
            return None;
        }
        self.leaves.entry((region, word / 4)).or_default()[word as usize % 4] += 1;
        Some(content.word(word))
    }

    /// Adds the rows of the leaves that are read. Returns their indices and digests.
    pub(crate) fn finish(self, tables: &mut Tables) -> Vec<(u64, Digest)> {
        let mut digests = Vec::with_capacity(self.leaves.len());
        for ((region, place), uses) in self.leaves {
            let Some(content) = self.preimages.regions.get(&region) else { continue };
            let words = content.leaf(place);
            tables.add(AnyTable::OracleBoundary, &OracleBoundaryRow::new(region, place, words, uses));
            digests.push((index(region, place), digest(words)));
        }
        digests
    }
}
