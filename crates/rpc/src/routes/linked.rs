//! What a node of a state refers to.

use alloy_primitives::B256;
use alloy_rlp::Header as RlpHeader;

use crate::encode::fields;

/// Bytes that a node of a state may have: a branch with sixteen hashes, and no more.
const MOST_BYTES: usize = 600;

/// In the first byte of a path: the node is a leaf.
const LEAF: u8 = 0x20;

/// The hashes in a trie node: of its children, or, in the leaf of an account, of its storage and its code. None if it is
/// something else.
pub(super) fn references(node: &[u8]) -> Vec<B256> {
    if node.len() > MOST_BYTES {
        return Vec::new();
    }
    match fields(node).as_deref() {
        Some([children @ .., _]) if children.len() == 16 => of_branch(children),
        Some([path, value]) => match string(path).and_then(|path| path.first()) {
            Some(first) if first & LEAF == 0 => hash(value).into_iter().collect(),
            Some(_) => of_account(value),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A header of a block can have as many fields, but of another kind. Children that lie in the branch itself are too short to
/// refer to anything.
fn of_branch(children: &[&[u8]]) -> Vec<B256> {
    let is_child = |child: &&[u8]| hash(child).is_some() || matches!(child.first(), Some(0x80 | 0xc0..));
    match children.iter().all(is_child) {
        true => children.iter().filter_map(|child| hash(child)).collect(),
        false => Vec::new(),
    }
}

/// An account is nonce, balance, storage root and code hash. The value of a slot is no list.
fn of_account(value: &[u8]) -> Vec<B256> {
    let account = string(value).and_then(fields);
    match account.as_deref() {
        Some([_, _, storage, code]) => [hash(storage), hash(code)].into_iter().flatten().collect(),
        _ => Vec::new(),
    }
}

/// The hash in an RLP string of 32 bytes.
fn hash(item: &[u8]) -> Option<B256> {
    item.strip_prefix(&[0xa0]).and_then(|hash| B256::try_from(hash).ok())
}

/// The bytes in an RLP string.
fn string(mut item: &[u8]) -> Option<&[u8]> {
    RlpHeader::decode_bytes(&mut item, false).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Header, TrieAccount};
    use alloy_primitives::{Bytes, U256, keccak256};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use tribunal_mpt::{MemoryProvider, Trie};

    /// A trie of these values: its root and its nodes.
    fn trie(values: impl Iterator<Item = Vec<u8>>) -> (B256, Vec<Bytes>) {
        let mut trie = Trie::new();
        for (index, value) in values.enumerate() {
            let key = keccak256([u8::try_from(index).unwrap()]);
            trie.insert(key.as_slice(), value.into(), &MemoryProvider::default()).unwrap();
        }
        let mut nodes = Vec::new();
        let root = trie.root_with(|_, node| nodes.push(Bytes::copy_from_slice(node)));
        (root, nodes)
    }

    fn account(number: u8) -> TrieAccount {
        let (storage_root, code_hash) = (B256::repeat_byte(number), B256::with_last_byte(number));
        TrieAccount { nonce: 1, balance: U256::from(2), storage_root, code_hash }
    }

    #[test]
    fn all_of_a_state_hangs_on_its_root() {
        for count in [1, 2, 20, 200] {
            let (root, nodes) = trie((1..=count).map(|number| alloy_rlp::encode(account(number))));
            let mut referred: BTreeSet<B256> = nodes.iter().flat_map(|node| references(node)).collect();
            referred.insert(root);
            assert!(nodes.iter().all(|node| referred.contains(&keccak256(node))), "{count}");
            for number in 1..=count {
                let account = account(number);
                assert!(referred.contains(&account.storage_root) && referred.contains(&account.code_hash));
            }
            assert_eq!(referred.len(), nodes.len() + 2 * usize::from(count));
        }
    }

    #[test]
    fn slots_refer_to_nothing() {
        let (root, nodes) = trie((0..200u8).map(|number| alloy_rlp::encode(B256::repeat_byte(number))));
        let mut referred: BTreeSet<B256> = nodes.iter().flat_map(|node| references(node)).collect();
        referred.insert(root);
        assert_eq!(referred, nodes.iter().map(keccak256).collect());
    }

    #[test]
    fn other_things_refer_to_nothing() {
        let mut header = Header { base_fee_per_gas: Some(1), ..Header::default() };
        header.withdrawals_root = Some(B256::repeat_byte(1));
        for other in
            [&[][..], &[0x80], &[0xc0], b"some code", &alloy_rlp::encode(header), &[0xc2, 0x80, 0x80]]
        {
            assert_eq!(references(other), Vec::<B256>::new(), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..700)) {
            let _ = references(&bytes);
        }

        #[test]
        fn changed_nodes_are_read(at: prop::sample::Index, byte: u8, node: prop::sample::Index) {
            let (_, nodes) = trie((0..50).map(|number| alloy_rlp::encode(account(number))));
            let mut changed = node.get(&nodes).to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            let _ = references(&changed);
        }
    }
}
