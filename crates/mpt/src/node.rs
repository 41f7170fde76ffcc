//! The nodes of a trie in memory.

use alloc::boxed::Box;

use alloy_primitives::{B256, Bytes};

use crate::{TrieError, TrieProvider, decode, path::Path};

/// A node or a reference to one.
///
/// Nodes are canonical: the decoder accepts no others, and every change keeps them so. The child of an extension is a
/// branch, a branch has at least two occupants (children and value together), no path is longer than 64 nibbles, and no
/// value is empty.
#[derive(Debug, Clone, Default)]
pub(crate) enum Node {
    /// No node.
    #[default]
    Empty,
    /// A node of which only the hash is known. It is fetched when its content is needed.
    Blinded(B256),
    Leaf(Box<Leaf>),
    Extension(Box<Extension>),
    Branch(Box<Branch>),
}

/// The end of a key, with its value.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) hash: Option<B256>,
    pub(crate) made: bool,
    pub(crate) path: Path,
    pub(crate) value: Bytes,
}

/// Nibbles that all keys below share. `child` is a branch, loaded or blinded.
#[derive(Debug, Clone)]
pub(crate) struct Extension {
    pub(crate) hash: Option<B256>,
    pub(crate) made: bool,
    pub(crate) path: Path,
    pub(crate) child: Node,
}

/// A branch. `value` belongs to the key that ends here; it is empty if there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    /// As in the other nodes, the hash by which the parent refers to this node. `None` if the node has changed since,
    /// or if it is embedded (then encoding it again is cheaper than caching).
    pub(crate) hash: Option<B256>,
    /// Whether the hash was computed here, so that the provider may not have the node.
    pub(crate) made: bool,
    pub(crate) children: [Node; 16],
    pub(crate) value: Bytes,
}

impl Node {
    pub(crate) fn leaf(path: Path, value: Bytes) -> Self {
        Self::Leaf(Box::new(Leaf { hash: None, made: false, path, value }))
    }

    /// An extension with a branch as its child, or the branch itself if the path is empty.
    pub(crate) fn extension(path: Path, child: Self) -> Self {
        if path.is_empty() {
            child
        } else {
            Self::Extension(Box::new(Extension { hash: None, made: false, path, child }))
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Fetches the node if it is blinded; `depth` is its distance from the root in nibbles.
    pub(crate) fn load<P: TrieProvider + ?Sized>(
        &mut self,
        depth: usize,
        provider: &P,
    ) -> Result<(), TrieError> {
        if let Self::Blinded(hash) = *self {
            let preimage =
                provider.trie_node_preimage(hash).map_err(|source| TrieError::Provider { hash, source })?;
            *self = decode::node(hash, &preimage, depth)?;
        }
        Ok(())
    }

    /// The node that replaces a branch whose only occupant is this child, under `nibble`.
    pub(crate) fn lifted(self, nibble: usize) -> Self {
        match self {
            Self::Leaf(mut leaf) => {
                leaf.path.prepend(nibble);
                leaf.hash = None;
                Self::Leaf(leaf)
            }
            Self::Extension(mut extension) => {
                extension.path.prepend(nibble);
                extension.hash = None;
                Self::Extension(extension)
            }
            other => Self::extension(Path::single(nibble), other),
        }
    }
}

impl Extension {
    /// Fetches the child if it is blinded, and checks that it is a branch.
    pub(crate) fn load_child<P: TrieProvider + ?Sized>(
        &mut self,
        depth: usize,
        provider: &P,
    ) -> Result<(), TrieError> {
        let Node::Blinded(hash) = self.child else { return Ok(()) };
        let mut child = Node::Blinded(hash);
        child.load(depth, provider)?;
        if !matches!(child, Node::Branch(_)) {
            return Err(TrieError::Malformed {
                hash,
                reason: "an extension leads to it, and it is no branch",
            });
        }
        self.child = child;
        Ok(())
    }
}
