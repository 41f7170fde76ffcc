//! Random operations against alloy-trie's roots and an ordered map.

use std::{cell::RefCell, collections::BTreeMap, collections::BTreeSet};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::{HashBuilder, Nibbles};
use proptest::prelude::*;
use tribunal_mpt::{EMPTY_ROOT, MemoryProvider, MissingNode, ProviderError, Trie, TrieError, TrieProvider};

type Model = BTreeMap<Vec<u8>, Bytes>;

/// The root that alloy-trie gives. It knows no values in branches, so keys must not begin one another.
fn reference_root(model: &Model) -> B256 {
    let mut builder = HashBuilder::default();
    for (key, value) in model {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    builder.root()
}

#[derive(Debug, Clone)]
enum Op {
    Insert(Vec<u8>, Bytes),
    Delete(Vec<u8>),
}

/// 32-byte keys that share long prefixes: few choices per byte, most bytes fixed.
fn crowded_key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop::sample::select(vec![0x00u8, 0x01, 0x10, 0x11, 0xf0]);
    (prop::collection::vec(byte, 1..4), prop::sample::select(vec![0usize, 1, 15, 28, 29])).prop_map(
        |(bytes, at)| {
            let mut key = vec![0; 32];
            key[at..at + bytes.len()].copy_from_slice(&bytes);
            key
        },
    )
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => crowded_key(),
        2 => (0u8..40).prop_map(|i| keccak256([i]).to_vec()),
    ]
}

/// Keys so short that nodes with small values are embedded.
fn short_key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0x00u8, 0x01, 0x12, 0x21, 0xff]), 2)
}

fn value() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        any::<u8>().prop_map(|b| Bytes::from(vec![b])),
        prop::collection::vec(any::<u8>(), 1..70).prop_map(Bytes::from),
        (50usize..400, any::<u8>()).prop_map(|(n, b)| Bytes::from(vec![b; n])),
    ]
}

fn ops(key: impl Strategy<Value = Vec<u8>>, len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Op>> {
    let op = (key, prop::option::weighted(0.6, value())).prop_map(|(key, value)| match value {
        Some(value) => Op::Insert(key, value),
        None => Op::Delete(key),
    });
    prop::collection::vec(op, len)
}

fn apply_to_model(model: &mut Model, op: &Op) {
    match op {
        Op::Insert(key, value) => drop(model.insert(key.clone(), value.clone())),
        Op::Delete(key) => drop(model.remove(key)),
    }
}

fn apply(trie: &mut Trie, op: &Op, provider: &impl TrieProvider) -> Result<(), TrieError> {
    match op {
        Op::Insert(key, value) => trie.insert(key, value.clone(), provider),
        Op::Delete(key) => trie.delete(key, provider),
    }
}

/// Builds a trie and the store it can be opened from.
fn stored(ops: &[Op]) -> (Model, MemoryProvider, B256) {
    let (mut model, mut nodes, mut trie) = (Model::new(), MemoryProvider::default(), Trie::new());
    for op in ops {
        apply_to_model(&mut model, op);
        apply(&mut trie, op, &nodes).unwrap();
    }
    let root = trie.root_with(|hash, rlp| assert_eq!(nodes.insert(rlp.to_vec()), hash));
    (model, nodes, root)
}

/// Remembers what was asked for.
struct Recorder<'a> {
    nodes: &'a MemoryProvider,
    asked: RefCell<BTreeSet<B256>>,
}

impl<'a> Recorder<'a> {
    fn new(nodes: &'a MemoryProvider) -> Self {
        Self { nodes, asked: RefCell::default() }
    }

    /// The recorded nodes alone.
    fn witness(&self) -> MemoryProvider {
        let mut witness = MemoryProvider::default();
        for hash in self.asked.borrow().iter() {
            witness.insert(self.nodes.get(hash).unwrap().clone());
        }
        witness
    }
}

impl TrieProvider for Recorder<'_> {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.asked.borrow_mut().insert(hash);
        self.nodes.trie_node_preimage(hash)
    }
}

/// A trie that forgets all the time is still right, from the store that it was opened from alone.
fn check_forgetting(before: &[Op], after: &[Op]) {
    let (mut model, nodes, root) = stored(before);
    let mut trie = Trie::from_root(root);
    for (i, op) in after.iter().enumerate() {
        apply_to_model(&mut model, op);
        apply(&mut trie, op, &nodes).unwrap();
        if i % 2 == 0 {
            trie.root();
        }
        trie.forget_fetched();
    }
    assert_eq!(trie.root(), reference_root(&model));
    trie.forget_fetched();
    for (key, value) in &model {
        assert_eq!(trie.get(key, &nodes).unwrap(), Some(value));
    }
}

fn check_random_operations(ops: &[Op]) {
    let (mut model, nodes, mut trie) = (Model::new(), MemoryProvider::default(), Trie::new());
    assert_eq!(trie.root(), EMPTY_ROOT);
    for (i, op) in ops.iter().enumerate() {
        apply_to_model(&mut model, op);
        apply(&mut trie, op, &nodes).unwrap();
        if i % 3 == 0 {
            assert_eq!(trie.root(), reference_root(&model));
        }
    }
    assert_eq!(trie.root(), reference_root(&model));
    for (key, value) in &model {
        assert_eq!(trie.get(key, &nodes).unwrap(), Some(value));
    }
    for op in ops {
        let (Op::Insert(key, _) | Op::Delete(key)) = op;
        assert_eq!(trie.get(key, &nodes).unwrap(), model.get(key));
    }
    for key in model.keys() {
        trie.delete(key, &nodes).unwrap();
    }
    assert_eq!(trie.root(), EMPTY_ROOT);
}

fn check_partial(first: &[Op], then: &[Op]) {
    let (mut model, nodes, root) = stored(first);
    assert_eq!(root, reference_root(&model));

    let recorder = Recorder::new(&nodes);
    let mut trie = Trie::from_root(root);
    for op in then {
        let (Op::Insert(key, _) | Op::Delete(key)) = op;
        assert_eq!(trie.get(key, &recorder).unwrap(), model.get(key));
        apply_to_model(&mut model, op);
        apply(&mut trie, op, &recorder).unwrap();
    }
    let mut store = nodes.clone();
    let changed = trie.root_with(|_, rlp| {
        store.insert(rlp.to_vec());
    });
    assert_eq!(changed, reference_root(&model));

    // The nodes that the sink got and those of the old trie are the whole new trie.
    let mut reopened = Trie::from_root(changed);
    for (key, value) in &model {
        assert_eq!(reopened.get(key, &store).unwrap(), Some(value));
    }

    // The nodes asked for suffice, and each of them is needed: without it, the error names it, and the operation
    // can be repeated once it is there.
    let witness = recorder.witness();
    for missing in recorder.asked.borrow().iter() {
        let mut nodes = witness.clone();
        let node = nodes.remove(missing).unwrap();
        let mut trie = Trie::from_root(root);
        let mut seen = false;
        for op in then {
            if let Err(error) = apply(&mut trie, op, &nodes) {
                let TrieError::Provider { hash, source } = error else { panic!("{error}") };
                assert_eq!(hash, *missing);
                assert_eq!(source.downcast_ref(), Some(&MissingNode(*missing)));
                seen = true;
                nodes.insert(node.clone());
                apply(&mut trie, op, &nodes).unwrap();
            }
        }
        assert!(seen, "{missing} was asked for but is not needed");
        assert_eq!(trie.root(), changed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn random_operations(ops in ops(key(), 0..80)) {
        check_random_operations(&ops);
    }

    #[test]
    fn random_operations_on_embedded_nodes(ops in ops(short_key(), 0..50)) {
        check_random_operations(&ops);
    }

    #[test]
    fn partial(first in ops(key(), 0..60), then in ops(key(), 1..12)) {
        check_partial(&first, &then);
    }

    #[test]
    fn partial_with_embedded_nodes(first in ops(short_key(), 0..40), then in ops(short_key(), 1..12)) {
        check_partial(&first, &then);
    }

    #[test]
    fn forgetting(first in ops(key(), 0..60), then in ops(key(), 1..30)) {
        check_forgetting(&first, &then);
    }

    #[test]
    fn forgetting_embedded_nodes(first in ops(short_key(), 0..40), then in ops(short_key(), 1..20)) {
        check_forgetting(&first, &then);
    }

    /// Keys that begin one another put values into branches. The order of operations must not show in the root.
    #[test]
    fn keys_of_any_length(
        ops in ops(prop::collection::vec(prop::sample::select(vec![0u8, 1, 0x10, 0xab]), 0..4), 0..60),
    ) {
        let (model, nodes, root) = stored(&ops);
        let sorted: Vec<_> = model.iter().map(|(k, v)| Op::Insert(k.clone(), v.clone())).collect();
        prop_assert_eq!(stored(&sorted).2, root);
        let mut trie = Trie::from_root(root);
        for op in &ops {
            let (Op::Insert(key, _) | Op::Delete(key)) = op;
            prop_assert_eq!(trie.get(key, &nodes).unwrap(), model.get(key));
        }
        for key in model.keys() {
            trie.delete(key, &nodes).unwrap();
        }
        prop_assert_eq!(trie.root(), EMPTY_ROOT);
    }
}

#[test]
fn nothing_is_hashed_twice() {
    let nodes = MemoryProvider::default();
    let mut trie = Trie::new();
    for i in 0..1000u32 {
        trie.insert(keccak256(i.to_be_bytes()).as_slice(), Bytes::from(vec![7; 40]), &nodes).unwrap();
    }
    let mut hashed = 0;
    let root = trie.root_with(|_, _| hashed += 1);
    assert!(hashed > 1000);

    // The same value again changes nothing; another one changes the nodes of one path.
    let key = keccak256(5u32.to_be_bytes());
    trie.insert(key.as_slice(), Bytes::from(vec![7; 40]), &nodes).unwrap();
    trie.delete(keccak256("not there").as_slice(), &nodes).unwrap();
    assert_eq!(trie.root_with(|_, _| panic!("nothing changed")), root);
    trie.insert(key.as_slice(), Bytes::from(vec![8; 40]), &nodes).unwrap();
    hashed = 0;
    trie.root_with(|_, _| hashed += 1);
    assert!((2..8).contains(&hashed));
}

#[test]
fn keys_are_bounded() {
    let nodes = MemoryProvider::default();
    assert!(matches!(Trie::new().get(&[0; 33], &nodes), Err(TrieError::KeyTooLong(33))));
    assert!(matches!(Trie::new().insert(&[0; 33], Bytes::from("x"), &nodes), Err(TrieError::KeyTooLong(33))));
    assert!(matches!(Trie::new().delete(&[0; 33], &nodes), Err(TrieError::KeyTooLong(33))));
}

#[test]
fn forgets_what_was_fetched_and_nothing_else() {
    let ops: Vec<_> =
        (0u8..100).map(|i| Op::Insert(keccak256([i]).to_vec(), Bytes::from(vec![i; 40]))).collect();
    let (_, nodes, root) = stored(&ops);
    let mut trie = Trie::from_root(root);
    let recorder = Recorder::new(&nodes);
    for i in 0u8..100 {
        trie.get(keccak256([i]).as_slice(), &recorder).unwrap();
    }
    trie.insert(keccak256([7]).as_slice(), Bytes::from("changed"), &recorder).unwrap();
    let changed = trie.root();
    let all = recorder.asked.take().len();

    // The path of the change is in memory. Of another path, only the nodes that are not on it are fetched.
    trie.forget_fetched();
    trie.get(keccak256([7]).as_slice(), &MemoryProvider::default()).unwrap();
    assert_eq!(trie.root(), changed);
    trie.get(keccak256([8]).as_slice(), &recorder).unwrap();
    let again = recorder.asked.take().len();
    assert!(0 < again && again < all, "{again} of {all}");
}
