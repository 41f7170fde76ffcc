//! Receipts that came one by one.

use alloy_primitives::{B256, Bytes};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Receipts of one block by node and transaction, so that a list that breaks off is not asked for from the beginning.
///
/// A single receipt cannot be checked, only all of them together. So it is remembered who sent which: if those of several
/// nodes do not fit together, one of them lied.
#[derive(Debug, Default)]
pub(crate) struct Pieces(Mutex<HashMap<String, OfNode>>);

#[derive(Debug, Default)]
struct OfNode {
    receipts: HashMap<B256, Bytes>,
    bytes: usize,
}

/// Whose receipts are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// Those of this node, and of others where it sent none.
    Any(&'a str),
    /// Only those of this node.
    Only(&'a str),
}

impl Pieces {
    /// Keeps what a node sent, unless it is more than `most` bytes.
    pub(super) fn put(&self, node: &str, transaction: B256, receipt: Bytes, most: usize) -> bool {
        let mut pieces = self.lock();
        let of_node = pieces.entry(node.to_owned()).or_default();
        of_node.bytes = of_node.bytes.saturating_add(receipt.len());
        if of_node.bytes > most {
            return false;
        }
        of_node.receipts.insert(transaction, receipt);
        true
    }

    /// The receipt of a transaction.
    pub(super) fn get(&self, transaction: B256, whose: Whose<'_>) -> Option<Bytes> {
        let pieces = self.lock();
        let own = |node: &str| pieces.get(node)?.receipts.get(&transaction).cloned();
        match whose {
            Whose::Only(node) => own(node),
            Whose::Any(node) => own(node)
                .or_else(|| pieces.values().find_map(|of_node| of_node.receipts.get(&transaction)).cloned()),
        }
    }

    /// Whether another node sent any of these.
    pub(super) fn are_mixed(&self, transactions: &[B256], node: &str) -> bool {
        transactions.iter().any(|transaction| self.get(*transaction, Whose::Only(node)).is_none())
    }

    /// Forgets what a node sent, which is wrong.
    pub(super) fn forget(&self, node: &str) {
        self.lock().remove(node);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, OfNode>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_kept_by_node() {
        let pieces = Pieces::default();
        let (first, second) = (B256::repeat_byte(1), B256::repeat_byte(2));
        assert!(pieces.put("a", first, Bytes::from_static(b"a1"), 4));
        assert!(pieces.put("b", second, Bytes::from_static(b"b2"), 4));
        assert_eq!(pieces.get(first, Whose::Only("b")), None);
        assert_eq!(pieces.get(first, Whose::Any("b")).unwrap(), b"a1"[..]);
        assert!(pieces.are_mixed(&[first, second], "b") && !pieces.are_mixed(&[second], "b"));
        assert!(pieces.put("b", first, Bytes::from_static(b"b1"), 4));
        assert_eq!(pieces.get(first, Whose::Any("b")).unwrap(), b"b1"[..]);
        assert!(!pieces.put("b", first, Bytes::from_static(b"b1"), 4), "too many bytes");
        pieces.forget("b");
        assert_eq!(pieces.get(second, Whose::Any("b")), None);
        assert_eq!(pieces.get(first, Whose::Any("b")).unwrap(), b"a1"[..]);
    }
}
