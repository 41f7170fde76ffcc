//! Lists: roots against alloy-trie, walks, and proofs of the first item.

use std::cell::Cell;

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::root::ordered_trie_root_encoded;
use proptest::prelude::*;
use tribunal_mpt::{EMPTY_ROOT, MemoryProvider, ProviderError, Trie, TrieError, TrieProvider, ordered};

fn items(count: usize) -> Vec<Bytes> {
    (0..count).map(|i| keccak256(i.to_be_bytes()).repeat(1 + i % 9).into()).collect()
}

fn stored(items: &[Bytes]) -> (B256, MemoryProvider) {
    let mut nodes = MemoryProvider::default();
    let root = ordered::root_with(items, |hash, rlp| assert_eq!(nodes.insert(rlp.to_vec()), hash));
    (root, nodes)
}

fn check(items: &[Bytes]) {
    let (root, nodes) = stored(items);
    assert_eq!(root, ordered_trie_root_encoded(items));
    assert_eq!(ordered::root(items), root);

    let mut trie = Trie::new();
    for (index, item) in items.iter().enumerate() {
        trie.insert(&alloy_rlp::encode(index), item.clone(), &nodes).unwrap();
    }
    assert_eq!(trie.root(), root);

    assert_eq!(ordered::collect(root, &nodes).unwrap(), items);
    assert_eq!(ordered::first(root, &nodes).unwrap().as_ref(), items.first());
}

#[test]
fn lists_around_every_boundary() {
    for count in [0, 1, 2, 3, 15, 16, 17, 18, 126, 127, 128, 129, 130, 255, 256, 257, 300, 1000] {
        check(&items(count));
    }
}

#[test]
fn a_list_beyond_two_byte_indices() {
    check(&vec![Bytes::from_static(b"item"); 65_600]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_lists(items in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..120), 0..300)) {
        check(&items.into_iter().map(Bytes::from).collect::<Vec<_>>());
    }
}

#[test]
fn the_first_item_is_proven_by_its_path_alone() {
    struct Counter(MemoryProvider, Cell<usize>);
    impl TrieProvider for Counter {
        fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
            self.1.set(self.1.get() + 1);
            self.0.trie_node_preimage(hash)
        }
    }
    let items = items(300);
    let (root, nodes) = stored(&items);
    let counter = Counter(nodes, Cell::default());
    assert_eq!(ordered::first(root, &counter).unwrap(), Some(items[0].clone()));
    // Root, the branch below nibble 8, the leaf.
    assert_eq!(counter.1.get(), 3);

    // A walk reads every node once.
    counter.1.set(0);
    assert_eq!(ordered::collect(root, &counter).unwrap(), items);
    assert_eq!(counter.1.get(), counter.0.len());
}

#[test]
fn the_visitor_may_end_the_walk() {
    #[derive(Debug)]
    enum Stop {
        Enough,
        Trie(TrieError),
    }
    impl From<TrieError> for Stop {
        fn from(error: TrieError) -> Self {
            Self::Trie(error)
        }
    }
    let (root, nodes) = stored(&items(10));
    let mut seen = Vec::new();
    let ended = ordered::walk(root, &nodes, |index, _| {
        seen.push(index);
        if index == 4 { Err(Stop::Enough) } else { Ok(()) }
    });
    assert!(matches!(ended, Err(Stop::Enough)), "{ended:?}");
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    let ended = ordered::walk(B256::ZERO, &nodes, |_, _| Ok::<_, Stop>(()));
    assert!(matches!(ended, Err(Stop::Trie(TrieError::Provider { hash: B256::ZERO, .. }))), "{ended:?}");
}

#[test]
fn tries_that_are_no_lists() {
    let mut nodes = MemoryProvider::default();
    let mut store = |keys: &[&[u8]]| {
        let mut trie = Trie::new();
        for key in keys {
            trie.insert(key, Bytes::from(vec![1; 40]), &MemoryProvider::default()).unwrap();
        }
        trie.root_with(|_, rlp| {
            nodes.insert(rlp.to_vec());
        })
    };
    let without_first = store(&[&[1], &[2]]);
    let with_gap = store(&[&[0x80], &[1], &[3]]);
    let with_long_key = store(&[&[0x80], &[1], &[2, 0]]);
    let with_zero_byte = store(&[&[0x80], &[0], &[1]]);
    let good = store(&[&[0x80], &[1], &[2]]);
    for root in [without_first, with_gap, with_long_key, with_zero_byte] {
        let error = ordered::collect(root, &nodes).unwrap_err();
        assert!(matches!(error, TrieError::Malformed { hash, .. } if hash == root), "{error}");
    }
    assert!(matches!(ordered::first(without_first, &nodes), Err(TrieError::Malformed { .. })));
    assert_eq!(ordered::collect(good, &nodes).unwrap().len(), 3);
    assert_eq!(ordered::collect(EMPTY_ROOT, &nodes).unwrap().len(), 0);
    assert_eq!(ordered::first(EMPTY_ROOT, &nodes).unwrap(), None);
}

#[test]
fn the_empty_string_roots_the_empty_trie() {
    let mut rlp = Vec::new();
    [0u8; 0][..].encode(&mut rlp);
    assert_eq!(keccak256(rlp), EMPTY_ROOT);
}
