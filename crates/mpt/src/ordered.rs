//! The lists of a block (transactions, receipts, withdrawals) as tries: item `i` is stored under the RLP of `i`.

use alloc::vec::Vec;
use core::mem;

use alloy_primitives::{B256, Bytes};

use crate::{
    EMPTY_ROOT, Trie, TrieError, TrieProvider,
    encode::Encoder,
    node::Node,
    path::{Key, MAX_NIBBLES, Path, set_nibble},
};

/// The root of a list of items. Each is given in the encoding in which it is stored; none is empty.
pub fn root<T: AsRef<[u8]>>(items: &[T]) -> B256 {
    root_with(items, |_, _| ())
}

/// As [`root`], and passes every hashed node to `sink` as (hash, RLP), children first. An empty list has no node.
pub fn root_with<T: AsRef<[u8]>>(items: &[T], sink: impl FnMut(B256, &[u8])) -> B256 {
    if items.is_empty() {
        return EMPTY_ROOT;
    }
    let mut builder = Builder { items, encoder: Encoder::new(), sink };
    let open = builder.encoder.open();
    builder.write_items(0, items.len(), 0);
    builder.encoder.close_root(open, &mut builder.sink)
}

/// Visits the items of the list with this root in index order, and returns how many there are.
///
/// Values share the buffers of their nodes. A node is dropped when the walk has passed it. The walk ends at the first
/// error of the visitor. A trie whose keys are not exactly the indices `0..n` is malformed.
pub fn walk<P, E>(root: B256, provider: &P, visit: impl FnMut(u64, Bytes) -> Result<(), E>) -> Result<u64, E>
where
    P: TrieProvider + ?Sized,
    E: From<TrieError>,
{
    let mut trie = Trie::from_root(root);
    // The key of item 0 sorts between those of 127 and 128, so it is looked up first and skipped later.
    let Some(first) = item_zero(&mut trie, root, provider)? else { return Ok(0) };
    let mut walk = Walk { root, provider, visit, key: [0; MAX_NIBBLES / 2], index: 0 };
    (walk.visit)(0, first)?;
    walk.index = 1;
    walk.subtree(trie.into_root_node(), 0)?;
    Ok(walk.index)
}

/// All items of the list with this root.
pub fn collect<P: TrieProvider + ?Sized>(root: B256, provider: &P) -> Result<Vec<Bytes>, TrieError> {
    let mut items = Vec::new();
    walk(root, provider, |_, item| {
        items.push(item);
        Ok::<_, TrieError>(())
    })?;
    Ok(items)
}

/// Item 0 of the list with this root, `None` if the list is empty. Reads only the nodes on its path.
pub fn first<P: TrieProvider + ?Sized>(root: B256, provider: &P) -> Result<Option<Bytes>, TrieError> {
    item_zero(&mut Trie::from_root(root), root, provider)
}

fn item_zero<P: TrieProvider + ?Sized>(
    trie: &mut Trie,
    root: B256,
    provider: &P,
) -> Result<Option<Bytes>, TrieError> {
    if root == EMPTY_ROOT {
        return Ok(None);
    }
    match trie.get(IndexKey::new(0).bytes(), provider)? {
        Some(item) => Ok(Some(item.clone())),
        None => Err(TrieError::Malformed { hash: root, reason: "a list without its first item" }),
    }
}

/// The RLP of an index.
struct IndexKey {
    packed: [u8; 9],
    len: usize,
}

impl IndexKey {
    fn new(index: u64) -> Self {
        let mut packed = [0; 9];
        if (1..0x80).contains(&index) {
            packed[0] = index as u8;
            return Self { packed, len: 1 };
        }
        let bytes = index.to_be_bytes();
        let digits = &bytes[index.leading_zeros() as usize / 8..];
        packed[0] = 0x80 + digits.len() as u8;
        packed[1..=digits.len()].copy_from_slice(digits);
        Self { packed, len: 1 + digits.len() }
    }

    fn bytes(&self) -> &[u8] {
        &self.packed[..self.len]
    }

    fn key(&self) -> Key<'_> {
        // At most nine bytes, so this cannot fail.
        Key::new(self.bytes()).unwrap_or(Key::EMPTY)
    }
}

/// Encodes the trie of a list bottom up. The keys are known in advance, so no node is kept in memory.
struct Builder<'a, T, F> {
    items: &'a [T],
    encoder: Encoder,
    sink: F,
}

impl<T: AsRef<[u8]>, F: FnMut(B256, &[u8])> Builder<'_, T, F> {
    /// The index of the item whose key is the `rank`-th in order: 1 to 127, then 0, then from 128.
    fn index(&self, rank: usize) -> usize {
        let zero = self.items.len().min(0x80) - 1;
        match rank {
            _ if rank < zero => rank + 1,
            _ if rank == zero => 0,
            _ => rank,
        }
    }

    fn key(&self, rank: usize) -> IndexKey {
        IndexKey::new(self.index(rank) as u64)
    }

    /// Writes the items of the node at `depth` that holds the keys of rank `from..to`, at least one.
    fn write_items(&mut self, from: usize, to: usize, depth: usize) {
        let first = self.key(from);
        if to - from == 1 {
            self.encoder.path(&Path::rest(first.key(), depth), true);
            self.encoder.string(self.items[self.index(from)].as_ref());
            return;
        }
        // Keys are sorted: a prefix that the first and the last share is shared by all.
        let shared = Path::rest(first.key(), depth).common(self.key(to - 1).key(), depth);
        if shared > 0 {
            self.encoder.path(&Path::of(first.key(), depth, depth + shared), false);
            self.write_reference(from, to, depth + shared);
            return;
        }
        let mut rank = from;
        for nibble in 0..16 {
            let start = rank;
            while rank < to && self.key(rank).key().at(depth) == nibble {
                rank += 1;
            }
            if start == rank {
                self.encoder.empty();
            } else {
                self.write_reference(start, rank, depth + 1);
            }
        }
        // No key is a prefix of another, so no branch has a value.
        self.encoder.empty();
    }

    fn write_reference(&mut self, from: usize, to: usize, depth: usize) {
        let open = self.encoder.open();
        self.write_items(from, to, depth);
        self.encoder.close(open, &mut self.sink);
    }
}

/// Walks over all items except the first, in key order.
struct Walk<'a, P: ?Sized, V> {
    root: B256,
    provider: &'a P,
    visit: V,
    /// The path from the root to the current node.
    key: [u8; MAX_NIBBLES / 2],
    /// The next index.
    index: u64,
}

impl<P, V, E> Walk<'_, P, V>
where
    P: TrieProvider + ?Sized,
    V: FnMut(u64, Bytes) -> Result<(), E>,
    E: From<TrieError>,
{
    fn subtree(&mut self, mut node: Node, depth: usize) -> Result<(), E> {
        node.load(depth, self.provider)?;
        match node {
            Node::Empty | Node::Blinded(_) => Ok(()),
            Node::Leaf(leaf) => {
                self.descend(&leaf.path, depth);
                self.item(leaf.value, depth + leaf.path.len())
            }
            Node::Extension(mut extension) => {
                self.descend(&extension.path, depth);
                let depth = depth + extension.path.len();
                extension.load_child(depth, self.provider)?;
                self.subtree(extension.child, depth)
            }
            Node::Branch(mut branch) => {
                if !branch.value.is_empty() {
                    self.item(mem::take(&mut branch.value), depth)?;
                }
                for (nibble, child) in branch.children.iter_mut().enumerate().filter(|(_, c)| !c.is_empty()) {
                    set_nibble(&mut self.key, depth, nibble);
                    self.subtree(mem::take(child), depth + 1)?;
                }
                Ok(())
            }
        }
    }

    fn descend(&mut self, path: &Path, depth: usize) {
        for i in 0..path.len() {
            set_nibble(&mut self.key, depth + i, path.at(i));
        }
    }

    fn item(&mut self, value: Bytes, depth: usize) -> Result<(), E> {
        let is_at = |index| {
            let key = IndexKey::new(index);
            depth == key.len * 2 && self.key[..key.len] == *key.bytes()
        };
        if is_at(0) {
            return Ok(());
        }
        if !is_at(self.index) {
            let reason = "the keys of a list are its indices";
            return Err(TrieError::Malformed { hash: self.root, reason }.into());
        }
        (self.visit)(self.index, value)?;
        self.index += 1;
        Ok(())
    }
}
