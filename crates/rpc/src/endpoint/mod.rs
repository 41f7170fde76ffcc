//! One node.

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::fault::CallError;

/// One node: the interface the routes use.
#[derive(Debug)]
pub(crate) struct Endpoint {}

impl Endpoint {
    /// Asks with a JSON-RPC call; the result as raw JSON (a `null` result is `Ok` with `null`).
    pub(crate) async fn call(
        &self,
        method: &'static str,
        params: serde_json::Value,
    ) -> Result<Box<RawValue>, CallError>;

    /// Asks with several calls of one method at once, and gives the answers in order. A node that refuses batches gets
    /// smaller ones, or single calls. Fails with the first call that fails.
    pub(crate) async fn batch(
        &self,
        method: &'static str,
        params: Vec<serde_json::Value>,
    ) -> Result<Vec<Box<RawValue>>, CallError>;

    /// Reads a path below the base address (beacon API, `eth/v1/…?query`): the body of a 2xx answer, which is JSON.
    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, CallError>;

    /// Whether the node said within the last minute that it lacks this method.
    pub(crate) fn lacks(&self, method: &'static str) -> bool;

    /// The address without secrets.
    pub(crate) fn name(&self) -> &str;
}
