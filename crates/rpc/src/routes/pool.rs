//! Values that nodes sent and of which nothing says yet that they belong to the chain.
//!
//! Proofs and witnesses are lists of values, each of which is right under its own hash. A node could put anything among them.
//! So they are kept in memory, within a bound, and only what hangs on a trusted hash goes into the store: on the state root
//! of a block that the claim names, or on a hash that the program asks for.

use alloy_primitives::{B256, Bytes};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tribunal_preimage::PreimageKey;

use super::linked::references;
use crate::encode::Facts;

/// Bytes that all values may take together.
const MOST_BYTES: usize = 128 << 20;

/// Bytes that a value takes beside its own.
pub(super) const OVERHEAD: usize = 192;

/// Headers that are followed from one to its parent: BLOCKHASH reads up to 256.
const MOST_HEADERS: usize = 1 << 10;

/// A value and its key.
pub(crate) type Preimage = (PreimageKey, Bytes);

/// The values, which are forgotten in the order in which they came.
#[derive(Debug)]
pub(crate) struct Pool(Mutex<Values>);

/// The number of an answer. Later ones have greater numbers.
pub(crate) type AnswerNumber = u64;

#[derive(Debug)]
struct Values {
    /// With the last answer that had the value.
    values: HashMap<PreimageKey, (Bytes, AnswerNumber)>,
    /// What came in which answer, the oldest first. Some of it has gone already.
    order: VecDeque<(PreimageKey, AnswerNumber)>,
    bytes: usize,
    most: usize,
    last_answer: AnswerNumber,
    /// The last answer of which something was forgotten.
    forgotten: AnswerNumber,
}

/// An answer that is larger than all that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Default for Pool {
    fn default() -> Self {
        Self::with_room_for(MOST_BYTES)
    }
}

impl Pool {
    fn with_room_for(most: usize) -> Self {
        Self(Mutex::new(Values {
            values: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            most,
            last_answer: 0,
            forgotten: 0,
        }))
    }

    /// Keeps the values of an answer, each of which is the pre-image of its key.
    pub(crate) fn put(&self, answer: Vec<Preimage>) -> Result<AnswerNumber, TooLarge> {
        let mut pool = self.lock();
        if answer.iter().map(|(_, value)| cost(value)).sum::<usize>() > pool.most {
            return Err(TooLarge);
        }
        pool.last_answer += 1;
        for (key, value) in answer {
            pool.insert(key, value);
        }
        pool.shrink();
        Ok(pool.last_answer)
    }

    /// Whether all values of an answer are still here, except those that were taken out.
    pub(crate) fn is_whole(&self, answer: AnswerNumber) -> bool {
        self.lock().forgotten < answer
    }

    /// The value of this key.
    pub(crate) fn get(&self, key: PreimageKey) -> Option<Preimage> {
        self.lock().get(key)
    }

    /// The nodes of the state and the code that hang on these keys, as far as they are here, and these themselves.
    pub(crate) fn linked(&self, roots: impl IntoIterator<Item = PreimageKey>) -> Vec<Preimage> {
        let pool = self.lock();
        let mut open: Vec<PreimageKey> = roots.into_iter().collect();
        let mut seen: HashSet<PreimageKey> = open.iter().copied().collect();
        let mut linked = Vec::new();
        while let Some(key) = open.pop() {
            let Some((key, value)) = pool.get(key) else { continue };
            let children = references(&value).into_iter().map(|hash| PreimageKey::new_keccak256(hash.0));
            open.extend(children.filter(|child| seen.insert(*child)));
            linked.push((key, value));
        }
        linked
    }

    /// The header with this key and those before it, as far as they are here.
    pub(crate) fn headers(&self, key: PreimageKey) -> Vec<Preimage> {
        let pool = self.lock();
        let mut headers = Vec::new();
        let mut next = Some(key);
        while let Some((key, header)) = next.and_then(|key| pool.get(key))
            && headers.len() < MOST_HEADERS
        {
            let parent = Facts::of(&header).map(|facts| facts.parent);
            next = parent.map(|hash: B256| PreimageKey::new_keccak256(hash.0));
            headers.push((key, header));
        }
        headers
    }

    /// Takes values out, which are in the store from now on.
    pub(crate) fn remove(&self, stored: &[Preimage]) {
        let mut pool = self.lock();
        for (key, _) in stored {
            if let Some((value, _)) = pool.values.remove(key) {
                pool.bytes -= cost(&value);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Values> {
        // What it guards may be forgotten, so a panic elsewhere does no harm.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Values {
    fn get(&self, key: PreimageKey) -> Option<Preimage> {
        self.values.get(&key).map(|(value, _)| (key, value.clone()))
    }

    fn insert(&mut self, key: PreimageKey, value: Bytes) {
        self.bytes += cost(&value);
        if let Some((before, _)) = self.values.insert(key, (value, self.last_answer)) {
            self.bytes -= cost(&before);
        }
        self.order.push_back((key, self.last_answer));
    }

    fn shrink(&mut self) {
        while self.bytes > self.most {
            let Some((key, answer)) = self.order.pop_front() else { return };
            if self.values.get(&key).is_some_and(|(_, last)| *last == answer)
                && let Some((value, _)) = self.values.remove(&key)
            {
                self.bytes -= cost(&value);
                self.forgotten = answer;
            }
        }
        if self.order.len() > 2 * self.values.len() + MOST_HEADERS {
            let values = &self.values;
            self.order.retain(|(key, answer)| values.get(key).is_some_and(|(_, last)| last == answer));
        }
    }
}

fn cost(value: &Bytes) -> usize {
    value.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Header, TrieAccount};
    use alloy_primitives::keccak256;
    use tribunal_mpt::{MemoryProvider, Trie};

    fn preimage(value: impl Into<Bytes>) -> Preimage {
        let value = value.into();
        (PreimageKey::new_keccak256(keccak256(&value).0), value)
    }

    /// A state with code, and something that does not belong to it.
    #[test]
    fn only_what_hangs_on_the_root_is_linked() {
        let code = preimage(&b"the code of an account"[..]);
        let mut trie = Trie::new();
        for byte in 0..50u8 {
            let account = TrieAccount { code_hash: keccak256(&code.1), ..TrieAccount::default() };
            let account = alloy_rlp::encode(account);
            trie.insert(keccak256([byte]).as_slice(), account.into(), &MemoryProvider::default()).unwrap();
        }
        let mut nodes = Vec::new();
        let root = trie.root_with(|_, node| nodes.push(preimage(node.to_vec())));
        let root = PreimageKey::new_keccak256(root.0);
        let mut junk: Vec<_> = (0..100u8).map(|byte| preimage(vec![byte; 40])).collect();
        junk.push(preimage(alloy_rlp::encode(B256::ZERO)));

        let pool = Pool::default();
        pool.put(junk.iter().chain(&nodes).chain([&code]).cloned().collect()).unwrap();
        let sorted = |mut preimages: Vec<Preimage>| {
            preimages.sort();
            preimages
        };
        let linked = pool.linked([root]);
        assert_eq!(sorted(linked.clone()), sorted(nodes.iter().chain([&code]).cloned().collect()));
        assert_eq!(pool.linked([code.0]), std::slice::from_ref(&code));
        assert_eq!(pool.linked([PreimageKey::new_keccak256([1; 32])]), []);
        pool.remove(&linked);
        assert_eq!((pool.linked([root]), pool.get(code.0)), (vec![], None));
        assert!(pool.get(junk[0].0).is_some());
    }

    #[test]
    fn headers_are_followed_to_their_parents() {
        let mut parent_hash = B256::ZERO;
        let headers: Vec<Preimage> = (0..5u64)
            .map(|number| {
                let rlp = alloy_rlp::encode(Header { number, parent_hash, ..Header::default() });
                parent_hash = keccak256(&rlp);
                preimage(rlp)
            })
            .collect();
        let pool = Pool::default();
        pool.put(headers.clone()).unwrap();
        let found = pool.headers(headers[3].0);
        assert!(found.iter().eq(headers[..4].iter().rev()));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let value = |number: u32| preimage(number.to_be_bytes().to_vec());
        let most = 10 * (4 + OVERHEAD);
        let pool = Pool::with_room_for(most);
        let first = pool.put(vec![value(0), value(1)]).unwrap();
        let second = pool.put((1..8).map(value).collect()).unwrap();
        assert!(pool.is_whole(first) && pool.is_whole(second));
        let third = pool.put((8..11).map(value).collect()).unwrap();
        assert!(!pool.is_whole(first) && pool.is_whole(second), "the second had a value of the first too");
        assert_eq!((pool.get(value(0).0), pool.get(value(1).0)), (None, Some(value(1))));
        pool.remove(&[value(9)]);
        assert!(pool.is_whole(third), "what was taken out is not forgotten");
        assert_eq!(pool.put((0..11).map(value).collect()), Err(TooLarge));
        for number in 0..100_000 {
            pool.put(vec![value(number)]).unwrap();
            pool.remove(&[value(number + 1)]);
        }
        let values = pool.lock();
        assert!(values.bytes <= most && values.values.len() <= 10);
        assert!(values.order.len() <= 2 * 10 + MOST_HEADERS + 1, "{}", values.order.len());
    }

    #[test]
    fn what_is_taken_out_leaves_no_trace() {
        let pool = Pool::default();
        for number in 0..100_000u32 {
            let value = preimage(number.to_be_bytes().to_vec());
            pool.put(vec![value.clone()]).unwrap();
            pool.remove(&[value]);
        }
        let values = pool.lock();
        assert_eq!((values.bytes, values.values.len()), (0, 0));
        assert!(values.order.len() <= MOST_HEADERS + 2);
    }
}
