//! From the JSON of nodes to the bytes that consensus hashes.
//!
//! Nothing here is trusted: callers compare the hash or the root of what comes out.

mod facts;
mod header;
mod list;
mod receipt;
mod transaction;

pub(crate) use facts::{Facts, fields};
pub(crate) use header::header;
pub(crate) use list::{ListNodes, list_nodes};
pub(crate) use receipt::receipt;
pub(crate) use transaction::{blob_carrier, transaction};
