//! Fetches pre-images from the nodes of a chain: a [`Source`](tribunal_host::Source) for the host.

mod address;
mod endpoint;
mod error;
mod fault;
mod metrics;
mod options;
mod retry;
mod role;
mod transport;

pub use address::Address;
pub use error::RpcError;
pub use metrics::Metrics;
pub use options::{NodesOptions, RoleName, RoleOptions};

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
#[cfg(test)]
mod tests;
