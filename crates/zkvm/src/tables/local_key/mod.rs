//! The regions of local keys: their key begins with 1, and their bytes are inputs of the program.
//!
//! The rows are a chain in strictly increasing order of the keys, so no key is there twice. Each sends its key and length to
//! the stream that is hashed; the table `value` adds the bytes.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::{LocalKey, STREAM_START};
pub(crate) use columns::LocalKeyRow;
