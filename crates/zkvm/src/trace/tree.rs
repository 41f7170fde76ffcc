//! The state tree, as the prover keeps it.

use crate::hash::{Digest, hash_leaf, hash_node};
use crate::{
    stark::Val,
    tables::{SPACE_LEVELS, node::SECTIONS},
};
use alloy_primitives::map::HashMap;
use p3_field::PrimeCharacteristicRing;
use std::sync::OnceLock;

/// The levels that are kept together.
const PAGE_LEVELS: u32 = 7;

/// The spaces. Their order is that of the leaves of the top two levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Space {
    Memory,
    Registers,
    System,
    Oracle,
}

/// A node on the path to a touched leaf.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TouchedNode {
    /// The section of the tree that it is in; see [`SECTIONS`].
    pub(crate) section: usize,
    /// Its level in the section.
    pub(crate) level: u32,
    /// Its space, and the halves of its index.
    pub(crate) index: [u32; 3],
    pub(crate) left: Child,
    pub(crate) right: Child,
}

/// A child of a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    pub(crate) touched: bool,
    pub(crate) old: Digest,
    pub(crate) new: Digest,
}

/// The tree of one space: 2^59 leaves, which are zeros where nothing was set.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpaceTree {
    /// The nodes of each page of leaves by generalised index: the page's root is 1, the children of `i` are `2i`, `2i+1`.
    pages: HashMap<u64, Box<[Digest; 2 << PAGE_LEVELS]>>,
    /// The nodes above the pages' roots, by generalised index.
    upper: HashMap<u64, Digest>,
}

/// The digest of a subtree of zeros, `level` levels above the leaves.
fn zero_digest(level: u32) -> Digest {
    static DIGESTS: OnceLock<Vec<Digest>> = OnceLock::new();
    DIGESTS.get_or_init(|| {
        let mut digests = vec![hash_leaf(&[Val::ZERO; 16])];
        for level in 0..SPACE_LEVELS as usize {
            digests.push(hash_node(&digests[level], &digests[level]));
        }
        digests
    })[level as usize]
}

impl SpaceTree {
    /// The root.
    pub(crate) fn root(&self) -> Digest {
        self.digest(0, 0)
    }

    /// The digest of the node with that index, `depth` levels below the root.
    fn digest(&self, depth: u32, index: u64) -> Digest {
        let digest = match depth.checked_sub(SPACE_LEVELS - PAGE_LEVELS) {
            Some(inside) => {
                let page = self.pages.get(&(index >> inside));
                page.map(|page| page[(1 << inside | index & ((1 << inside) - 1)) as usize])
            }
            None => self.upper.get(&(1 << depth | index)).copied(),
        };
        digest.unwrap_or_else(|| zero_digest(SPACE_LEVELS - depth))
    }

    fn set(&mut self, depth: u32, index: u64, digest: Digest) {
        match depth.checked_sub(SPACE_LEVELS - PAGE_LEVELS) {
            Some(inside) => {
                let page = self.pages.entry(index >> inside).or_insert_with(|| {
                    let mut page = Box::new([Digest::default(); 2 << PAGE_LEVELS]);
                    for node in 1..page.len() {
                        page[node] = zero_digest(PAGE_LEVELS - node.ilog2());
                    }
                    page
                });
                page[(1 << inside | index & ((1 << inside) - 1)) as usize] = digest;
            }
            None => {
                self.upper.insert(1 << depth | index, digest);
            }
        }
    }

    /// The node at the root, if no leaf is touched.
    pub(crate) fn root_node(&self, space: Space) -> TouchedNode {
        let child = |side: u64| {
            let digest = self.digest(1, side);
            Child { touched: false, old: digest, new: digest }
        };
        TouchedNode::in_space(space, 0, 0, child(0), child(1))
    }

    /// Sets leaves, given in ascending order of their index. Returns the nodes above them, those of the lowest level first,
    /// in the order of their index. A leaf may keep its digest.
    pub(crate) fn update(&mut self, space: Space, leaves: &[(u64, Digest)]) -> Vec<TouchedNode> {
        let mut touched: Vec<(u64, Digest, Digest)> = leaves
            .iter()
            .map(|&(index, new)| {
                let old = self.digest(SPACE_LEVELS, index);
                if new != old {
                    self.set(SPACE_LEVELS, index, new);
                }
                (index, old, new)
            })
            .collect();
        let mut nodes = Vec::new();
        for depth in (0..SPACE_LEVELS).rev() {
            let mut parents = Vec::with_capacity(touched.len());
            for pair in touched.chunk_by(|a, b| a.0 >> 1 == b.0 >> 1) {
                let index = pair[0].0 >> 1;
                let child = |side: u64| match pair.iter().find(|child| child.0 & 1 == side) {
                    Some(&(_, old, new)) => Child { touched: true, old, new },
                    None => {
                        let digest = self.digest(depth + 1, index << 1 | side);
                        Child { touched: false, old: digest, new: digest }
                    }
                };
                let (left, right) = (child(0), child(1));
                let old = self.digest(depth, index);
                let new = hash_node(&left.new, &right.new);
                if new != old {
                    self.set(depth, index, new);
                }
                parents.push((index, old, new));
                nodes.push(TouchedNode::in_space(space, depth, index, left, right));
            }
            touched = parents;
        }
        nodes
    }
}

impl TouchedNode {
    /// A node `depth` levels below the root of its space.
    fn in_space(space: Space, depth: u32, index: u64, left: Child, right: Child) -> Self {
        let space = space as u32;
        match depth.checked_sub(SECTIONS[1]) {
            None => Self { section: 1, level: depth, index: [space, index as u32, 0], left, right },
            Some(level) => {
                let lower = index & ((1 << level) - 1);
                Self { section: 2, level, index: [space, (index >> level) as u32, lower as u32], left, right }
            }
        }
    }

    /// The digests of the node, before and after.
    pub(crate) fn digests(&self) -> [Digest; 2] {
        [hash_node(&self.left.old, &self.right.old), hash_node(&self.left.new, &self.right.new)]
    }

    /// The three nodes above the spaces' roots, the root of the state first. The spaces are in the order of [`Space`].
    pub(crate) fn above(spaces: [Child; 4]) -> [Self; 3] {
        let [memory, registers, system, oracle] = spaces;
        let node = |level: u32, index: u32, left: Child, right: Child| Self {
            section: 0,
            level,
            index: [index, 0, 0],
            left,
            right,
        };
        let (left, right) = (node(1, 0, memory, registers), node(1, 1, system, oracle));
        let child = |node: &Self| {
            let [old, new] = node.digests();
            Child { touched: node.left.touched || node.right.touched, old, new }
        };
        [node(0, 0, child(&left), child(&right)), left, right]
    }
}
