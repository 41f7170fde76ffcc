//! From the JSON of nodes to the bytes that consensus hashes.
//!
//! Nothing here is trusted: callers compare the hash or the root of what comes out.

mod bounded_list;
mod facts;
mod header;
mod list;
mod receipt;
mod transaction;

pub(crate) use bounded_list::BoundedList;
pub(crate) use facts::{Facts, fields};
pub(crate) use header::header;
pub(crate) use list::{ListNodes, list_nodes};
pub(crate) use receipt::receipt;
pub(crate) use transaction::{blob_carrier, transaction};

/// Transactions that a block may have, by the word of a node.
pub(crate) const MOST_TRANSACTIONS: usize = 1 << 16;
