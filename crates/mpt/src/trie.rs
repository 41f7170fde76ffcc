//! The trie: reads, changes and hashes it.

use alloc::boxed::Box;
use core::mem;

use alloy_primitives::{B256, Bytes, b256};

use crate::{
    TrieError, TrieProvider,
    encode::Encoder,
    node::{Branch, Node},
    path::{Key, Path},
};

/// The root of the empty trie: the hash of the RLP of the empty string.
pub const EMPTY_ROOT: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");

/// A Merkle-Patricia trie that holds the nodes that it has read, and the hashes of all others.
///
/// Keys are at most 32 bytes and are not hashed. Fetched nodes stay in memory, so a second read of a path fetches nothing.
/// Nodes that a change made are never read from the provider.
///
/// There is no journal. A caller that may have to revert changes collects them and applies them when they are final, or
/// clones the trie before (which copies the nodes read so far; values are shared).
#[derive(Debug, Clone, Default)]
pub struct Trie {
    root: Node,
}

impl Trie {
    /// The empty trie.
    pub const fn new() -> Self {
        Self { root: Node::Empty }
    }

    /// The trie with this root. Fetches nothing yet.
    pub fn from_root(root: B256) -> Self {
        Self { root: if root == EMPTY_ROOT { Node::Empty } else { Node::Blinded(root) } }
    }

    /// The value of `key`. `None` means that the trie proves the absence of `key`.
    pub fn get<P: TrieProvider + ?Sized>(
        &mut self,
        key: &[u8],
        provider: &P,
    ) -> Result<Option<&Bytes>, TrieError> {
        let key = checked(key)?;
        let mut node = &mut self.root;
        let mut depth = 0;
        loop {
            node.load(depth, provider)?;
            match node {
                Node::Empty | Node::Blinded(_) => return Ok(None),
                Node::Leaf(leaf) => return Ok(leaf.path.is_rest_of(key, depth).then_some(&leaf.value)),
                Node::Extension(extension) => {
                    if !extension.path.is_prefix_of(key, depth) {
                        return Ok(None);
                    }
                    depth += extension.path.len();
                    extension.load_child(depth, provider)?;
                    node = &mut extension.child;
                }
                Node::Branch(branch) => {
                    if depth == key.len() {
                        return Ok(Some(&branch.value).filter(|value| !value.is_empty()));
                    }
                    node = &mut branch.children[key.at(depth)];
                    depth += 1;
                }
            }
        }
    }

    /// Sets the value of `key`. An empty value deletes the key: tries hold no empty values.
    pub fn insert<P: TrieProvider + ?Sized>(
        &mut self,
        key: &[u8],
        value: Bytes,
        provider: &P,
    ) -> Result<(), TrieError> {
        if value.is_empty() {
            return self.delete(key, provider);
        }
        insert(&mut self.root, checked(key)?, 0, value, provider).map(drop)
    }

    /// Removes `key`, if it has a value.
    ///
    /// If this leaves a branch with a single child, the child is merged into the parent, and is fetched for it if it is
    /// blinded. Only here does a change need a node that is not on the key's path.
    pub fn delete<P: TrieProvider + ?Sized>(&mut self, key: &[u8], provider: &P) -> Result<(), TrieError> {
        delete(&mut self.root, checked(key)?, 0, provider).map(drop)
    }

    /// The root hash. Encodes and hashes only nodes that have changed since the last call.
    pub fn root(&mut self) -> B256 {
        self.root_with(|_, _| ())
    }

    /// The root hash. Passes every node that it hashes to `sink` as (hash, RLP), children first.
    ///
    /// These are the nodes made since the last call. A store that keeps them can open the trie from the root again.
    pub fn root_with(&mut self, mut sink: impl FnMut(B256, &[u8])) -> B256 {
        match &self.root {
            Node::Empty => return EMPTY_ROOT,
            Node::Blinded(hash) => return *hash,
            node => {
                if let Some(hash) = known_hash(node) {
                    return hash;
                }
            }
        }
        let mut encoder = Encoder::new();
        let open = encoder.open();
        write_items(&mut self.root, &mut encoder, &mut sink);
        let hash = encoder.close_root(open, &mut sink);
        remember(&mut self.root, Some(hash));
        hash
    }

    /// Drops the nodes that were fetched and have not changed, so that a long-lived trie does not grow with every read.
    /// They are fetched again when they are needed.
    ///
    /// Nodes that changes made stay, because the provider may not have them.
    pub fn forget_fetched(&mut self) {
        forget(&mut self.root);
    }

    /// The nodes of the trie.
    pub(crate) fn into_root_node(self) -> Node {
        self.root
    }
}

fn checked(key: &[u8]) -> Result<Key<'_>, TrieError> {
    Key::new(key).ok_or(TrieError::KeyTooLong(key.len()))
}

/// Returns whether anything changed; if not, the hashes of the nodes above stay valid.
fn insert<P: TrieProvider + ?Sized>(
    node: &mut Node,
    key: Key<'_>,
    depth: usize,
    value: Bytes,
    provider: &P,
) -> Result<bool, TrieError> {
    node.load(depth, provider)?;
    match node {
        Node::Empty | Node::Blinded(_) => *node = Node::leaf(Path::rest(key, depth), value),
        Node::Leaf(leaf) => {
            if leaf.path.is_rest_of(key, depth) {
                if leaf.value == value {
                    return Ok(false);
                }
                leaf.value = value;
                leaf.hash = None;
                return Ok(true);
            }
            let shared = leaf.path.common(key, depth);
            let mut fork = Box::<Branch>::default();
            if shared == leaf.path.len() {
                fork.value = mem::take(&mut leaf.value);
            } else {
                let nibble = leaf.path.at(shared);
                leaf.path.skip(shared + 1);
                leaf.hash = None;
                fork.children[nibble] = mem::take(node);
            }
            *node = forked(fork, key, depth, shared, value);
        }
        Node::Extension(extension) => {
            let shared = extension.path.common(key, depth);
            if shared == extension.path.len() {
                extension.load_child(depth + shared, provider)?;
                let changed = insert(&mut extension.child, key, depth + shared, value, provider)?;
                if changed {
                    extension.hash = None;
                }
                return Ok(changed);
            }
            let mut fork = Box::<Branch>::default();
            let nibble = extension.path.at(shared);
            extension.path.skip(shared + 1);
            fork.children[nibble] = Node::extension(extension.path.clone(), mem::take(&mut extension.child));
            *node = forked(fork, key, depth, shared, value);
        }
        Node::Branch(branch) => {
            if depth < key.len() {
                let child = &mut branch.children[key.at(depth)];
                if !insert(child, key, depth + 1, value, provider)? {
                    return Ok(false);
                }
            } else {
                if branch.value == value {
                    return Ok(false);
                }
                branch.value = value;
            }
            branch.hash = None;
        }
    }
    Ok(true)
}

/// Adds the new value to a branch that already holds the old node, below an extension with the `shared` nibbles.
fn forked(mut fork: Box<Branch>, key: Key<'_>, depth: usize, shared: usize, value: Bytes) -> Node {
    let at = depth + shared;
    if at == key.len() {
        fork.value = value;
    } else {
        fork.children[key.at(at)] = Node::leaf(Path::rest(key, at + 1), value);
    }
    Node::extension(Path::of(key, depth, at), Node::Branch(fork))
}

/// Returns whether anything changed.
fn delete<P: TrieProvider + ?Sized>(
    node: &mut Node,
    key: Key<'_>,
    depth: usize,
    provider: &P,
) -> Result<bool, TrieError> {
    node.load(depth, provider)?;
    match node {
        Node::Empty | Node::Blinded(_) => Ok(false),
        // This leaf is the root: branches remove their leaves themselves.
        Node::Leaf(leaf) => {
            let found = leaf.path.is_rest_of(key, depth);
            if found {
                *node = Node::Empty;
            }
            Ok(found)
        }
        Node::Extension(extension) => {
            if !extension.path.is_prefix_of(key, depth) {
                return Ok(false);
            }
            let below = depth + extension.path.len();
            extension.load_child(below, provider)?;
            if !delete(&mut extension.child, key, below, provider)? {
                return Ok(false);
            }
            extension.hash = None;
            match mem::take(&mut extension.child) {
                Node::Leaf(mut leaf) => {
                    leaf.path.prepend_path(&extension.path);
                    *node = Node::Leaf(leaf);
                }
                Node::Extension(mut lower) => {
                    lower.path.prepend_path(&extension.path);
                    *node = Node::Extension(lower);
                }
                branch => extension.child = branch,
            }
            Ok(true)
        }
        Node::Branch(branch) => {
            let occupant = if depth == key.len() {
                if branch.value.is_empty() {
                    return Ok(false);
                }
                Occupant::Value
            } else {
                let nibble = key.at(depth);
                let child = &mut branch.children[nibble];
                child.load(depth + 1, provider)?;
                if !matches!(child, Node::Leaf(leaf) if leaf.path.is_rest_of(key, depth + 1)) {
                    let changed = !matches!(child, Node::Leaf(_)) && delete(child, key, depth + 1, provider)?;
                    if changed {
                        branch.hash = None;
                    }
                    return Ok(changed);
                }
                Occupant::Child(nibble)
            };
            if let Some(successor) = vacate(branch, occupant, depth, provider)? {
                *node = successor;
            }
            Ok(true)
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Occupant {
    Value,
    Child(usize),
}

/// Removes one occupant of a branch. Returns the node that replaces the branch if a single occupant is left. That one is
/// fetched before anything changes.
fn vacate<P: TrieProvider + ?Sized>(
    branch: &mut Branch,
    leaving: Occupant,
    depth: usize,
    provider: &P,
) -> Result<Option<Node>, TrieError> {
    let mut others = (0..16).filter(|&n| leaving != Occupant::Child(n) && !branch.children[n].is_empty());
    let (first, second) = (others.next(), others.next());
    let keeps_value = leaving != Occupant::Value && !branch.value.is_empty();
    match (first, second, keeps_value) {
        (None, _, _) => return Ok(Some(Node::leaf(Path::EMPTY, mem::take(&mut branch.value)))),
        (Some(nibble), None, false) => {
            let last = &mut branch.children[nibble];
            last.load(depth + 1, provider)?;
            return Ok(Some(mem::take(last).lifted(nibble)));
        }
        _ => {}
    }
    match leaving {
        Occupant::Value => branch.value = Bytes::new(),
        Occupant::Child(nibble) => branch.children[nibble] = Node::Empty,
    }
    branch.hash = None;
    Ok(None)
}

fn known_hash(node: &Node) -> Option<B256> {
    match node {
        Node::Empty => None,
        Node::Blinded(hash) => Some(*hash),
        Node::Leaf(leaf) => leaf.hash,
        Node::Extension(extension) => extension.hash,
        Node::Branch(branch) => branch.hash,
    }
}

/// Stores the hash of a node that was just encoded.
fn remember(node: &mut Node, hash: Option<B256>) {
    match node {
        Node::Empty | Node::Blinded(_) => {}
        Node::Leaf(leaf) => (leaf.hash, leaf.made) = (hash, true),
        Node::Extension(extension) => (extension.hash, extension.made) = (hash, true),
        Node::Branch(branch) => (branch.hash, branch.made) = (hash, true),
    }
}

/// Blinds the topmost nodes below which nothing has changed.
fn forget(node: &mut Node) {
    let (hash, made) = match node {
        Node::Empty | Node::Blinded(_) => return,
        Node::Leaf(leaf) => (leaf.hash, leaf.made),
        Node::Extension(extension) => (extension.hash, extension.made),
        Node::Branch(branch) => (branch.hash, branch.made),
    };
    match (hash.filter(|_| !made), &mut *node) {
        (Some(hash), _) => *node = Node::Blinded(hash),
        (None, Node::Extension(extension)) => forget(&mut extension.child),
        (None, Node::Branch(branch)) => branch.children.iter_mut().for_each(forget),
        (None, _) => {}
    }
}

/// Writes the reference to this node.
fn write_reference(node: &mut Node, encoder: &mut Encoder, sink: &mut impl FnMut(B256, &[u8])) {
    if let Some(hash) = known_hash(node) {
        encoder.hash(&hash);
    } else if node.is_empty() {
        encoder.empty();
    } else {
        let open = encoder.open();
        write_items(node, encoder, sink);
        let hash = encoder.close(open, sink);
        remember(node, hash);
    }
}

/// Writes the items of the node's list.
fn write_items(node: &mut Node, encoder: &mut Encoder, sink: &mut impl FnMut(B256, &[u8])) {
    match node {
        Node::Empty | Node::Blinded(_) => {}
        Node::Leaf(leaf) => {
            encoder.path(&leaf.path, true);
            encoder.string(&leaf.value);
        }
        Node::Extension(extension) => {
            encoder.path(&extension.path, false);
            write_reference(&mut extension.child, encoder, sink);
        }
        Node::Branch(branch) => {
            for child in &mut branch.children {
                write_reference(child, encoder, sink);
            }
            encoder.string(&branch.value);
        }
    }
}

/// The hash of a root node, computed without caches.
#[cfg(test)]
pub(crate) fn encode_again(mut node: Node) -> B256 {
    remember(&mut node, None);
    Trie { root: node }.root()
}
