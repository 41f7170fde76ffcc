//! The lists of a block (transactions, receipts) as nodes of a trie.

use alloy_primitives::{B256, Bytes, keccak256};
use tribunal_mpt::{EMPTY_ROOT, ordered};
use tribunal_preimage::PreimageKey;

/// The nodes of a list, each under its key.
pub(crate) type ListNodes = Vec<(PreimageKey, Bytes)>;

/// The RLP of the empty string, which is the one node of an empty list.
const EMPTY_NODE: &[u8] = &[0x80];

/// The nodes of the list of these items, if it has this root.
pub(crate) fn list_nodes(items: &[Bytes], root: B256) -> Option<ListNodes> {
    if items.is_empty() {
        return (root == EMPTY_ROOT).then(|| vec![node(keccak256(EMPTY_NODE), EMPTY_NODE)]);
    }
    if items.iter().any(|item| item.is_empty()) {
        return None;
    }
    let mut nodes = Vec::new();
    let found = ordered::root_with(items, |hash, rlp| nodes.push(node(hash, rlp)));
    (found == root).then_some(nodes)
}

fn node(hash: B256, rlp: &[u8]) -> (PreimageKey, Bytes) {
    (PreimageKey::new_keccak256(hash.0), Bytes::copy_from_slice(rlp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_come_only_with_the_right_root() {
        let items: Vec<Bytes> = (0..200u8).map(|byte| vec![byte; 40].into()).collect();
        let root = ordered::root(&items);
        let nodes = list_nodes(&items, root).unwrap();
        assert!(nodes.iter().all(|(key, rlp)| *key == PreimageKey::new_keccak256(keccak256(rlp).0)));
        assert!(nodes.iter().any(|(key, _)| *key == PreimageKey::new_keccak256(root.0)));
        assert_eq!(list_nodes(&items[1..], root), None);
        assert_eq!(list_nodes(&[Bytes::new()], root), None);
    }

    #[test]
    fn an_empty_list_has_the_empty_node() {
        let nodes = list_nodes(&[], EMPTY_ROOT).unwrap();
        assert_eq!(nodes, [(PreimageKey::new_keccak256(EMPTY_ROOT.0), Bytes::from_static(&[0x80]))]);
        assert_eq!(list_nodes(&[], B256::ZERO), None);
    }
}
