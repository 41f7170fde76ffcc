//! Keys, and the parts of keys that nodes hold, in nibbles.

/// The most nibbles a key can have: 32 bytes.
pub(crate) const MAX_NIBBLES: usize = 64;

/// The key of a value: at most 32 bytes.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a>(&'a [u8]);

impl<'a> Key<'a> {
    pub(crate) const EMPTY: Self = Self(&[]);

    /// `None` if the key has more than 32 bytes.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() <= MAX_NIBBLES / 2).then_some(Self(bytes))
    }

    /// Length in nibbles.
    pub(crate) fn len(self) -> usize {
        self.0.len() * 2
    }

    /// Nibble `i`, which must be below [`Self::len`].
    pub(crate) fn at(self, i: usize) -> usize {
        nibble(self.0, i)
    }
}

/// A part of a key: at most 64 nibbles, two in a byte, at the *end* of the array.
///
/// Hex-prefix encoding has the odd nibble first, so in this form it is a copy. Descending and splitting drop leading
/// nibbles, which only changes the length.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    /// The path is the last `len` nibbles. Those before have no meaning.
    packed: [u8; MAX_NIBBLES / 2],
    len: u8,
}

impl Path {
    pub(crate) const EMPTY: Self = Self { packed: [0; MAX_NIBBLES / 2], len: 0 };

    /// The nibbles `start..end` of a key; `start <= end <= key.len()`.
    pub(crate) fn of(key: Key<'_>, start: usize, end: usize) -> Self {
        let mut path = Self { packed: [0; MAX_NIBBLES / 2], len: (end - start) as u8 };
        if end.is_multiple_of(2) {
            let source = &key.0[start / 2..end / 2];
            let at = path.packed.len() - source.len();
            path.packed[at..].copy_from_slice(source);
        } else {
            let shift = MAX_NIBBLES - end;
            for i in start..end {
                path.set(shift + i, key.at(i));
            }
        }
        path
    }

    /// The nibbles of the key from `start` on.
    pub(crate) fn rest(key: Key<'_>, start: usize) -> Self {
        Self::of(key, start, key.len())
    }

    /// One nibble.
    pub(crate) fn single(nibble: usize) -> Self {
        let mut path = Self::EMPTY;
        path.prepend(nibble);
        path
    }

    /// Length in nibbles.
    pub(crate) fn len(&self) -> usize {
        usize::from(self.len)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Nibble `i`, which must be below [`Self::len`].
    pub(crate) fn at(&self, i: usize) -> usize {
        nibble(&self.packed, self.start() + i)
    }

    /// Drops the first `n` nibbles; `n <= len`.
    pub(crate) fn skip(&mut self, n: usize) {
        self.len -= n as u8;
    }

    /// Prepends a nibble. A full path stays unchanged; the depth check of the decoder rules that out.
    pub(crate) fn prepend(&mut self, nibble: usize) {
        if let Some(at) = self.start().checked_sub(1) {
            self.set(at, nibble);
            self.len += 1;
        }
    }

    /// Prepends another path.
    pub(crate) fn prepend_path(&mut self, front: &Self) {
        for i in (0..front.len()).rev() {
            self.prepend(front.at(i));
        }
    }

    /// How many leading nibbles are equal to those of `key` from nibble `depth` on; `depth <= key.len()`.
    pub(crate) fn common(&self, key: Key<'_>, depth: usize) -> usize {
        let most = self.len().min(key.len() - depth);
        let start = self.start();
        let mut agreed = 0;
        if (start ^ depth) & 1 == 0 {
            // Both have the same alignment, as every leaf of a trie of 32-byte keys has: compare whole bytes.
            if start & 1 == 1 {
                if most == 0 || self.at(0) != key.at(depth) {
                    return 0;
                }
                agreed = 1;
            }
            let mine = &self.packed[(start + agreed) / 2..];
            let theirs = &key.0[(depth + agreed) / 2..];
            let bytes = (most - agreed) / 2;
            agreed += 2 * mine.iter().zip(theirs).take(bytes).take_while(|(a, b)| a == b).count();
        }
        while agreed < most && self.at(agreed) == key.at(depth + agreed) {
            agreed += 1;
        }
        agreed
    }

    /// Whether `key` continues with this path at nibble `depth`.
    pub(crate) fn is_prefix_of(&self, key: Key<'_>, depth: usize) -> bool {
        self.common(key, depth) == self.len()
    }

    /// Whether `key` continues and ends with this path at nibble `depth`.
    pub(crate) fn is_rest_of(&self, key: Key<'_>, depth: usize) -> bool {
        self.len() == key.len() - depth && self.is_prefix_of(key, depth)
    }

    /// The hex-prefix form: the first byte, and the rest.
    pub(crate) fn compact(&self, is_leaf: bool) -> (u8, &[u8]) {
        let odd = self.len() & 1;
        let kind = if is_leaf { 0x20 } else { 0 };
        let first = if odd == 1 { kind | 0x10 | self.at(0) as u8 } else { kind };
        (first, &self.packed[(self.start() + odd) / 2..])
    }

    /// Reads the hex-prefix form: the path, and whether it is a leaf's.
    pub(crate) fn from_compact(compact: &[u8]) -> Option<(Self, bool)> {
        let (&first, rest) = compact.split_first()?;
        let odd = first & 0x10 != 0;
        let len = rest.len() * 2 + usize::from(odd);
        if first > 0x3f || (!odd && first & 0x0f != 0) || len > MAX_NIBBLES {
            return None;
        }
        let mut path = Self { packed: [0; MAX_NIBBLES / 2], len: len as u8 };
        let at = path.packed.len() - rest.len();
        path.packed[at..].copy_from_slice(rest);
        if odd {
            path.packed[at - 1] = first & 0x0f;
        }
        Some((path, first & 0x20 != 0))
    }

    /// The offset of the path in the array, in nibbles.
    fn start(&self) -> usize {
        MAX_NIBBLES - self.len()
    }

    fn set(&mut self, at: usize, nibble: usize) {
        set_nibble(&mut self.packed, at, nibble);
    }
}

/// Nibble `i` of packed bytes.
fn nibble(packed: &[u8], i: usize) -> usize {
    let byte = packed[i / 2];
    usize::from(if i & 1 == 0 { byte >> 4 } else { byte & 0x0f })
}

/// Writes nibble `i` of packed bytes.
pub(crate) fn set_nibble(packed: &mut [u8], i: usize, nibble: usize) {
    let byte = &mut packed[i / 2];
    *byte = if i & 1 == 0 { *byte & 0x0f | (nibble as u8) << 4 } else { *byte & 0xf0 | nibble as u8 };
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    fn nibbles(path: &Path) -> Vec<usize> {
        (0..path.len()).map(|i| path.at(i)).collect()
    }

    fn key_nibbles(key: &[u8]) -> Vec<usize> {
        (0..key.len() * 2).map(|i| nibble(key, i)).collect()
    }

    proptest! {
        #[test]
        fn pieces_of_keys(bytes in prop::collection::vec(any::<u8>(), 0..=32), a in 0usize..=64, b in 0usize..=64) {
            let key = Key::new(&bytes).unwrap();
            let (a, b) = (a.min(b).min(key.len()), a.max(b).min(key.len()));
            let path = Path::of(key, a, b);
            let expected = key_nibbles(&bytes)[a..b].to_vec();
            prop_assert_eq!(nibbles(&path), expected.clone());
            prop_assert!(path.is_prefix_of(key, a));
            prop_assert_eq!(path.is_rest_of(key, a), b == key.len());
            for n in 0..=path.len() {
                prop_assert_eq!(nibbles(&Path::of(key, a, a + n)), expected[..n].to_vec());
                let mut rest = path.clone();
                rest.skip(n);
                prop_assert_eq!(nibbles(&rest), expected[n..].to_vec());
                rest.prepend_path(&Path::of(key, a, a + n));
                prop_assert_eq!(nibbles(&rest), expected.clone());
            }
        }

        #[test]
        fn common_counts_nibbles(mine in prop::collection::vec(0usize..2, 0..=64),
                                 theirs in prop::collection::vec(prop::sample::select(vec![0u8, 1, 0x10, 0x11]), 0..=32),
                                 depth in 0usize..=64) {
            let key = Key::new(&theirs).unwrap();
            let depth = depth.min(key.len());
            let mut path = Path::EMPTY;
            mine.iter().rev().for_each(|&n| path.prepend(n));
            let expected = mine.iter().zip(&key_nibbles(&theirs)[depth..]).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(path.common(key, depth), expected);
        }

        #[test]
        fn compact_round_trip(mine in prop::collection::vec(0usize..16, 0..=64), junk in 0usize..16, is_leaf: bool) {
            let mut path = Path::EMPTY;
            mine.iter().rev().for_each(|&n| path.prepend(n));
            if mine.len() < 64 {
                // The nibble before the path must not be encoded.
                path.prepend(junk);
                path.skip(1);
            }
            let (first, rest) = path.compact(is_leaf);
            let mut compact = vec![first];
            compact.extend_from_slice(rest);
            let (back, leaf) = Path::from_compact(&compact).unwrap();
            prop_assert_eq!(leaf, is_leaf);
            prop_assert_eq!(nibbles(&back), mine);
        }

        #[test]
        fn from_compact_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Some((path, is_leaf)) = Path::from_compact(&bytes) {
                let (first, rest) = path.compact(is_leaf);
                prop_assert_eq!(first, bytes[0]);
                prop_assert_eq!(rest, &bytes[1..]);
            }
        }
    }
}
