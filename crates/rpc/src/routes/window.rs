//! The witnesses that came, from the block that the program is at.
//!
//! The program need not say which block it executes, and it reads a node once. So it may be many blocks beyond the last one
//! that it is known to be at. The window is as wide as its bytes allow.

use std::collections::{BTreeMap, HashSet};
use tribunal_preimage::PreimageKey;

use super::pool::{OVERHEAD, Preimage};

/// Bytes of the witnesses that are held: half of what the pool keeps.
const MOST_BYTES: usize = 64 << 20;

/// Witnesses that are asked for at once. A node executes the block for each.
const AT_ONCE: usize = 4;

/// Witnesses whose sizes are not known yet, or small.
const MOST_WITNESSES: usize = 256;

/// What was in a witness. The values themselves are in the pool.
#[derive(Debug)]
pub(crate) struct Contents {
    keys: HashSet<PreimageKey>,
    bytes: usize,
}

impl Contents {
    pub(crate) fn of(answer: &[Preimage]) -> Self {
        let keys = answer.iter().map(|(key, _)| *key).collect();
        Self { keys, bytes: answer.iter().map(|(_, value)| value.len() + OVERHEAD).sum() }
    }
}

/// Witnesses by block.
#[derive(Debug, Default)]
pub(super) struct Window(BTreeMap<u64, Contents>);

impl Window {
    /// The witness of a block came.
    pub(super) fn insert(&mut self, block: u64, contents: Contents) {
        self.0.insert(block, contents);
        while self.0.len() > MOST_WITNESSES {
            self.0.pop_last();
        }
    }

    /// The first block whose witness has this key: a node is read where it is needed first.
    pub(super) fn block_with(&self, key: PreimageKey) -> Option<u64> {
        let mut held = self.0.iter();
        held.find(|(_, held)| held.keys.contains(&key)).map(|(block, _)| *block)
    }

    /// The program is at this block: it needs no earlier witness.
    pub(super) fn forget_before(&mut self, block: u64) {
        self.0 = self.0.split_off(&block);
    }

    /// The blocks from `first` to `last` whose witnesses are to be asked for next, as far as there is room for them.
    pub(super) fn next(&self, first: u64, last: u64) -> Vec<u64> {
        let largest = self.0.values().map(|held| held.bytes).max().unwrap_or(0);
        let taken: usize = self.0.values().map(|held| held.bytes).sum();
        let room = (MOST_BYTES.saturating_sub(taken)).checked_div(largest).unwrap_or(AT_ONCE).min(AT_ONCE);
        let end = last.min(first.saturating_add(MOST_WITNESSES as u64 - 1));
        (first..=end).filter(|block| !self.0.contains_key(block)).take(room).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preimage(byte: u8, length: usize) -> Preimage {
        (PreimageKey::new_keccak256([byte; 32]), vec![byte; length].into())
    }

    fn large(length: usize) -> Contents {
        Contents::of(&[preimage(1, length)])
    }

    #[test]
    fn what_is_missing_is_asked_for_in_order() {
        let mut window = Window::default();
        assert_eq!(window.next(7, 100), [7, 8, 9, 10]);
        window.insert(8, large(10));
        assert_eq!(window.next(7, 100), [7, 9, 10, 11]);
        assert_eq!(window.next(7, 9), [7, 9]);
        assert!(window.next(7, 6).is_empty());
        window.forget_before(9);
        assert_eq!(window.next(8, 9), [8, 9]);
    }

    #[test]
    fn a_key_belongs_to_the_first_block_that_has_it() {
        let mut window = Window::default();
        window.insert(8, Contents::of(&[preimage(1, 1), preimage(2, 1)]));
        window.insert(9, Contents::of(&[preimage(2, 1)]));
        let at = |byte| window.block_with(preimage(byte, 1).0);
        assert_eq!((at(1), at(2), at(3)), (Some(8), Some(8), None));
    }

    #[test]
    fn large_witnesses_leave_less_room() {
        let mut window = Window::default();
        window.insert(1, large(MOST_BYTES / 4));
        assert_eq!(window.next(1, 100), [2, 3]);
        window.insert(2, large(MOST_BYTES / 4));
        window.insert(3, large(MOST_BYTES / 4));
        assert!(window.next(1, 100).is_empty());
        window.forget_before(3);
        assert_eq!(window.next(3, 100), [4, 5]);
    }

    #[test]
    fn empty_and_small_ones_end_too() {
        let mut window = Window::default();
        for block in 0..1000 {
            window.insert(block, large(0));
        }
        assert_eq!(window.0.len(), MOST_WITNESSES);
        assert!(window.next(0, u64::MAX).is_empty());
        assert_eq!(window.next(u64::MAX, u64::MAX), [u64::MAX]);
    }
}
