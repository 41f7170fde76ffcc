//! Providers that serve bytes which are no nodes: no panic, and encodings that are not canonical are refused.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::{Encodable, Header};
use proptest::prelude::*;
use tribunal_mpt::{MemoryProvider, ProviderError, Trie, TrieError, TrieProvider, ordered};

fn string(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    bytes.encode(&mut out);
    out
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let payload = items.concat();
    let mut out = Vec::new();
    Header { list: true, payload_length: payload.len() }.encode(&mut out);
    out.extend(payload);
    out
}

/// A branch with these children, by nibble, and this value.
fn branch(children: &[(usize, Vec<u8>)], value: &[u8]) -> Vec<u8> {
    let mut items = vec![string(b""); 17];
    for (nibble, child) in children {
        items[*nibble] = child.clone();
    }
    items[16] = string(value);
    list(&items)
}

/// Asks a trie with this root node everything there is to ask. Returns the error of reading `key`.
fn poke(node: &[u8], others: &[Vec<u8>], key: &[u8]) -> Option<TrieError> {
    let mut nodes = MemoryProvider::default();
    let root = nodes.insert(node.to_vec());
    for other in others {
        nodes.insert(other.clone());
    }
    let mut changed = Trie::from_root(root);
    let _ = changed.insert(key, Bytes::from("new"), &nodes);
    let _ = changed.root();
    let _ = changed.delete(key, &nodes);
    let _ = changed.root();
    let mut changed = Trie::from_root(root);
    let _ = changed.delete(key, &nodes);
    let _ = changed.root();
    let _ = ordered::collect(root, &nodes);
    let _ = ordered::first(root, &nodes);
    Trie::from_root(root).get(key, &nodes).err()
}

fn refused(node: &[u8], reason: &str) {
    let error = poke(node, &[], &[0; 32]);
    match error {
        Some(TrieError::Malformed { hash, reason: given }) => {
            assert_eq!(hash, keccak256(node));
            assert_eq!(given, reason);
        }
        other => panic!("{reason}: {other:?}"),
    }
}

#[test]
fn what_is_not_canonical_is_refused() {
    let hash = string(&[0x11; 32]);
    let leaf = list(&[string(&[0x20]), string(b"v")]);
    let good = branch(&[(1, hash.clone()), (2, hash.clone())], b"");
    assert!(poke(&good, &[], &[0; 32]).is_none());

    refused(b"", "cut off");
    refused(&string(b"dog"), "a node is a list");
    refused(&[&good[..], b"\0"].concat(), "bytes after the node");
    refused(&good[..good.len() - 1], "cut off");
    refused(&list(&[]), "cut off");
    refused(&list(&[string(b"\x20")]), "cut off");
    refused(&list(&vec![string(b""); 16]), "cut off");
    refused(&list(&[hash.clone(), hash.clone(), hash.clone()]), "cut off");
    let mut items = vec![string(b""); 18];
    items[1] = hash.clone();
    items[2] = hash.clone();
    refused(&list(&items), "more than 17 items");

    // Lengths in another than their shortest form.
    refused(&[0xf8, 4, 0x82, 0x20, 0x11, 0x01], "a length is not in its shortest form");
    refused(&[0xf9, 0, 60], "a length is not in its shortest form");
    refused(&[0xc4, 0x81, 0x20, 0x81, 0x01], "a single byte is its own encoding");
    refused(&[0xc4, 0x20, 0xb8, 0x01, 0x61], "a length is not in its shortest form");
    refused(&[0xff; 40], "cut off");
    refused(&[0xfb, 0xff, 0xff, 0xff, 0xff], "cut off");

    // Paths.
    refused(&list(&[string(b""), string(b"v")]), "bad hex-prefix path");
    refused(&list(&[string(&[0x40]), string(b"v")]), "bad hex-prefix path");
    refused(&list(&[string(&[0x21, 0x11]), string(b"v")]), "bad hex-prefix path");
    refused(&list(&[string(&[&[0x20][..], &[0x11; 33]].concat()), string(b"v")]), "bad hex-prefix path");
    refused(&list(&[string(&[&[0x31][..], &[0x11; 32]].concat()), string(b"v")]), "bad hex-prefix path");
    refused(&list(&[leaf.clone(), string(b"v")]), "a path is a string");

    // Leaves and extensions.
    refused(&list(&[string(&[0x20]), string(b"")]), "a leaf has a value");
    refused(&list(&[string(&[0x20]), leaf.clone()]), "a leaf has a value");
    refused(&list(&[string(&[0x00]), hash.clone()]), "an extension has a path");
    refused(&list(&[string(&[0x11]), string(b"")]), "an extension leads to a branch");
    refused(&list(&[string(&[0x11]), leaf.clone()]), "an extension leads to a branch");
    refused(&list(&[string(&[0x11]), string(&[1; 31])]), "a reference is empty, a hash or a node");

    // Branches.
    refused(&branch(&[], b"v"), "a branch has two occupants at least");
    refused(&branch(&[(3, hash.clone())], b""), "a branch has two occupants at least");
    refused(
        &branch(&[(3, hash.clone()), (4, string(&[1; 33]))], b""),
        "a reference is empty, a hash or a node",
    );
    refused(
        &branch(&[(3, hash.clone()), (4, string(&[1; 31]))], b""),
        "a reference is empty, a hash or a node",
    );
    let long = list(&[string(&[0x20]), string(&[1; 29])]);
    assert_eq!(long.len(), 32);
    refused(&branch(&[(3, hash.clone()), (4, long)], b""), "an embedded node has less than 32 bytes");
    refused(&branch(&[(3, hash.clone()), (4, list(&[]))], b""), "cut off");
    let mut items = vec![string(b""); 16];
    items[1] = hash.clone();
    items.push(leaf);
    refused(&list(&items), "a branch's value is a string");
}

#[test]
fn what_a_hashed_child_must_be() {
    // Short nodes are embedded.
    let short = list(&[string(&[0x3b]), string(b"v")]);
    let root = branch(&[(0, string(keccak256(&short).as_slice())), (1, string(&[1; 32]))], b"");
    let error = poke(&root, std::slice::from_ref(&short), &[0]).unwrap();
    assert!(matches!(error, TrieError::Malformed { hash, .. } if hash == keccak256(&short)), "{error}");

    // Extensions lead to branches.
    let leaf = list(&[string(&[0x20]), string(&[7; 40])]);
    let root = list(&[string(&[0x00, 0x00]), string(keccak256(&leaf).as_slice())]);
    let error = poke(&root, std::slice::from_ref(&leaf), &[0]).unwrap();
    assert!(matches!(error, TrieError::Malformed { hash, .. } if hash == keccak256(&leaf)), "{error}");

    // No path goes deeper than 64 nibbles, however it is put together.
    let full =
        |flag: u8, len: usize, tail: Vec<u8>| list(&[string(&[&[flag][..], &vec![0; len]].concat()), tail]);
    let leaf = full(0x20, 32, string(&[7; 40]));
    let root = branch(&[(0, string(keccak256(&leaf).as_slice())), (1, string(&[1; 32]))], b"");
    let error = poke(&root, std::slice::from_ref(&leaf), &[0; 32]).unwrap();
    assert!(matches!(error, TrieError::Malformed { hash, .. } if hash == keccak256(&leaf)), "{error}");

    let fork = branch(&[(0, string(&[1; 32])), (1, string(&[2; 32]))], b"");
    let root = full(0x00, 32, string(keccak256(&fork).as_slice()));
    let error = poke(&root, std::slice::from_ref(&fork), &[0; 32]).unwrap();
    assert!(matches!(error, TrieError::Malformed { hash, .. } if hash == keccak256(&fork)), "{error}");
}

#[test]
fn a_missing_sibling_is_named() {
    let (a, b) = ([0x10; 32], [0x20; 32]);
    let mut nodes = MemoryProvider::default();
    let mut trie = Trie::new();
    for key in [a, b] {
        trie.insert(&key, Bytes::from(vec![1; 40]), &nodes).unwrap();
    }
    let root = trie.root_with(|_, rlp| {
        nodes.insert(rlp.to_vec());
    });
    let sibling = keccak256(list(&[string(&[&[0x30][..], &[0x20; 31]].concat()), string(&[1; 40])]));
    let node = nodes.remove(&sibling).unwrap();

    let mut trie = Trie::from_root(root);
    for _ in 0..2 {
        let error = trie.delete(&a, &nodes).unwrap_err();
        assert!(matches!(error, TrieError::Provider { hash, .. } if hash == sibling), "{error}");
        assert_eq!(trie.root(), root);
    }
    nodes.insert(node);
    trie.delete(&a, &nodes).unwrap();
    let mut alone = Trie::new();
    alone.insert(&b, Bytes::from(vec![1; 40]), &nodes).unwrap();
    assert_eq!(trie.root(), alone.root());
}

/// RLP that often is nearly a node.
fn near_node() -> impl Strategy<Value = Vec<u8>> {
    let reference = prop_oneof![
        4 => Just(string(b"")),
        2 => any::<u8>().prop_map(|b| string(&[b; 32])),
        1 => prop::collection::vec(any::<u8>(), 0..40).prop_map(|b| string(&b)),
    ];
    let path = prop_oneof![
        (prop::sample::select(vec![0u8, 0x10, 0x1f, 0x20, 0x3a]), prop::collection::vec(any::<u8>(), 0..4))
            .prop_map(|(flag, rest)| string(&[&[flag][..], &rest].concat())),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|b| string(&b)),
    ];
    let value = prop::collection::vec(any::<u8>(), 0..60).prop_map(|b| string(&b));
    let leaf = (path, prop_oneof![reference.clone(), value]).prop_map(|(p, v)| list(&[p, v])).boxed();
    leaf.prop_recursive(4, 40, 17, move |inner| {
        let reference = prop_oneof![6 => reference.clone(), 1 => inner.clone()];
        prop_oneof![
            prop::collection::vec(reference.clone(), 15..19).prop_map(|items| list(&items)),
            (prop::collection::vec(any::<u8>(), 1..3), reference).prop_map(|(p, r)| list(&[string(&p), r])),
        ]
    })
}

/// Serves something else for one hash.
struct Liar {
    nodes: MemoryProvider,
    about: B256,
    says: Bytes,
}

impl TrieProvider for Liar {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        if hash == self.about { Ok(self.says.clone()) } else { self.nodes.trie_node_preimage(hash) }
    }
}

proptest! {
    #[test]
    fn random_bytes(node in prop::collection::vec(any::<u8>(), 0..120), key in prop::collection::vec(any::<u8>(), 0..=32)) {
        poke(&node, &[], &key);
    }

    #[test]
    fn nearly_nodes(node in near_node(), key in prop::collection::vec(prop::sample::select(vec![0u8, 0x11, 0xa0]), 0..=32)) {
        poke(&node, &[], &key);
    }

    /// Real nodes with a byte changed, a piece cut out or doubled.
    #[test]
    fn damaged_nodes(
        count in 2u8..40,
        size in 1usize..60,
        victim in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte: u8,
        how in 0..3,
    ) {
        let mut nodes = MemoryProvider::default();
        let mut trie = Trie::new();
        for i in 0..count {
            trie.insert(&[i, i / 3], Bytes::from(vec![i | 1; size]), &nodes).unwrap();
        }
        let mut made: Vec<(B256, Vec<u8>)> = Vec::new();
        let root = trie.root_with(|hash, rlp| made.push((hash, rlp.to_vec())));
        for (_, rlp) in &made {
            nodes.insert(rlp.clone());
        }
        let (hash, mut rlp) = made.swap_remove(victim.index(made.len()));
        let at = at.index(rlp.len());
        match how {
            0 => rlp[at] = byte,
            1 => drop(rlp.remove(at)),
            _ => rlp.insert(at, byte),
        }
        let nodes = Liar { nodes, about: hash, says: rlp.into() };
        let mut trie = Trie::from_root(root);
        for i in 0..count {
            let _ = trie.get(&[i, i / 3], &nodes);
            let _ = trie.insert(&[i, i / 2], Bytes::from("x"), &nodes);
            let _ = trie.delete(&[i, i / 3], &nodes);
            let _ = trie.root();
        }
        let _ = ordered::collect(root, &nodes);
    }
}
