//! The nodes of one kind, asked one after another.

use std::sync::Arc;
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use crate::{endpoint::Endpoint, fault::CallError, options::NodesOptions, metrics::Metrics, error::RpcError};

/// The nodes of all kinds.
#[derive(Debug)]
pub(crate) struct Roles {
    pub(crate) l1: Role,
    pub(crate) beacon: Role,
    pub(crate) l2: Role,
    pub(crate) rollup_node: Role,
}

impl Roles {
    pub(crate) fn new(options: &NodesOptions, metrics: &Metrics) -> Result<Self, RpcError>;
}

/// What the nodes of one kind serve together.
#[derive(Debug)]
pub(crate) struct Role {}

impl Role {
    /// Runs `attempt` on one endpoint after another until one gives a value. Retries by the kind of fault, and stops soon
    /// when `cancelled` says true. Must run inside the runtime.
    pub(crate) async fn ask<T, F, Fut>(
        &self,
        key: PreimageKey,
        cancelled: &(dyn Fn() -> bool + Sync),
        attempt: F,
    ) -> Result<T, SourceError>
    where
        F: Fn(Arc<Endpoint>) -> Fut,
        Fut: Future<Output = Result<T, CallError>>;

    /// Whether any address was given for this role.
    pub(crate) fn is_configured(&self) -> bool;
}
