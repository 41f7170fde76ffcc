//! The columns.

use crate::row::rows;

/// A node with at least one touched child.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct NodeRow<T> {
    /// 1 for the section that the node is in.
    pub(super) section: [T; 3],
    /// Its level in the section.
    pub(super) level: T,
    /// 1 if its children are in the next section.
    pub(super) last: T,
    /// The inverse of the number of levels below it in the section; 0 if there is none.
    pub(super) inverse: T,
    /// The level of its children.
    pub(super) next_level: T,
    /// Its space, and the halves of its index.
    pub(super) index: [T; 3],
    /// The same of its left child.
    pub(super) next_index: [T; 3],
    pub(super) left: ChildCells<T>,
    pub(super) right: ChildCells<T>,
    /// The first half of the permutation of its children, before the segment and after it.
    pub(super) permuted: [[T; 8]; 2],
}

/// A child of a node.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct ChildCells<T> {
    /// 1 if a leaf below it is touched, or it is a touched leaf.
    pub(super) touched: T,
    /// Its digest before the segment.
    pub(super) old: [T; 8],
    /// Its digest after the segment.
    pub(super) new: [T; 8],
}

rows!(NodeRow, ChildCells);
