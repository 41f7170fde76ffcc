//! Fetches pre-images from the nodes of a chain: a [`Source`](tribunal_host::Source) for the host.

mod address;
mod beacon;
mod encode;
mod endpoint;
mod error;
mod fault;
mod methods;
mod metrics;
mod nodes;
mod options;
mod prefetch;
mod retry;
mod role;
mod routes;
mod transport;

pub use address::Address;
pub use error::RpcError;
pub use metrics::{Counts, Metrics, Series};
pub use nodes::Nodes;
pub use options::{NodesOptions, RoleName, RoleOptions};
pub use prefetch::Reads;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
#[cfg(test)]
mod tests;
