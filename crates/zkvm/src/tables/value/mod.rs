//! The bytes of regions whose key is not their digest: a row takes a word of up to eight bytes.
//!
//! The row of the key begins and ends the chain of a region's rows. The bytes of local keys are also sent to the table
//! `stream`, each at its place in what is hashed there.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{Value, chain};
pub(crate) use columns::ValueRow;
