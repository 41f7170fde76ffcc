//! The leaves of memory that a segment touches: each word's value before the segment and after it, tied to the state tree.
//!
//! A row sends the first message of each of its four words and receives the last one. It proves the leaf's address to be
//! canonical, so no two rows are about one word. Leaves that hold executed code are sent to the table `code`.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::MemoryBoundary;
pub(crate) use columns::{LeafCells, MemoryBoundaryRow};
