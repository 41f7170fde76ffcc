//! The leaves of the state tree that a segment touches.

use crate::{hash::Digest, hash::hash_leaf, stark::Val, word::limbs};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// Four words of one leaf.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TouchedLeaf {
    /// The words before the segment.
    pub(crate) old: [u64; 4],
    /// The words after it.
    pub(crate) new: [u64; 4],
    /// For each word, the time that its first access counts from. It may be negative.
    pub(crate) first: [i64; 4],
    /// For each word, the time of its last access.
    pub(crate) last: [i64; 4],
}

/// A leaf of memory.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TouchedMemory {
    pub(crate) leaf: TouchedLeaf,
    /// For each word, the time of its last store; 0 if there was none.
    pub(crate) stored: [u32; 4],
    /// How many of its instructions are executed.
    pub(crate) code_uses: u32,
}

impl TouchedLeaf {
    /// A leaf with these words, of which none is accessed yet.
    pub(crate) const fn of(words: [u64; 4]) -> Self {
        Self { old: words, new: words, first: [0; 4], last: [0; 4] }
    }

    /// The limbs before the segment and after it.
    pub(crate) fn limbs(&self) -> [[Val; 16]; 2] {
        [self.old, self.new].map(leaf_limbs)
    }

    /// The digest after the segment.
    pub(crate) fn digest(&self) -> Digest {
        hash_leaf(&leaf_limbs(self.new))
    }

    /// Notes an access of a word at a time, and returns the time of the access before.
    pub(crate) fn access(&mut self, word: usize, time: u32) -> i64 {
        let time = i64::from(time);
        if self.last[word] == 0 {
            // Nothing is between the border and the first access, so this may be any time.
            self.first[word] = time - 1;
            self.last[word] = time - 1;
        }
        core::mem::replace(&mut self.last[word], time)
    }
}

/// The limbs of a leaf, word by word.
pub(crate) fn leaf_limbs(words: [u64; 4]) -> [Val; 16] {
    array::from_fn(|limb| Val::from_u16(limbs(words[limb / 4])[limb % 4]))
}
