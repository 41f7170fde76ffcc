//! The nodes of the state tree on the paths to the leaves that a segment touches, before the segment and after it.
//!
//! The tree has three sections: 2 levels that choose the space, 29 levels of the upper half of a leaf's index, 30 levels of
//! the lower half. So neither half reaches p. Each node receives its two digests from its parent, and sends those of the
//! children that are touched to their rows. The children at the end of the third section are leaves, which the tables of the
//! spaces receive.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{LEAVES, Node, SECTIONS, SPACE_LEVELS};
pub(crate) use columns::NodeRow;
