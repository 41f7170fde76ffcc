//! Tests of the nodes and roles against nodes on loopback ports.

mod auth;
mod failover;
mod faults;
mod limits;
mod log;
mod tls;

use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tribunal_host::SourceError;
use tribunal_preimage::PreimageKey;

use self::log::Log;
use crate::{
    common::node::Node,
    endpoint::Endpoint,
    fault::CallError,
    metrics::Metrics,
    options::{NodesOptions, RoleOptions},
    role::{Need, Role, Roles},
};

/// The pre-image that all asks are for.
fn key() -> PreimageKey {
    PreimageKey::new_keccak256([7; 32])
}

/// Patient enough for a slow machine, where nothing fails.
const PATIENT: Duration = Duration::from_secs(60);

/// Options for L1 nodes at these addresses.
fn options(urls: &[String]) -> NodesOptions {
    let addresses = urls.iter().map(|url| url.parse().unwrap()).collect();
    NodesOptions { l1: RoleOptions::new(addresses, PATIENT), retry_for: PATIENT, ..NodesOptions::default() }
}

fn role(options: &NodesOptions) -> Role {
    Roles::new(options, &Metrics::default()).unwrap().l1
}

/// One node, asked with this time-out.
fn endpoint(url: &str, timeout: Duration) -> Endpoint {
    let mut options = RoleOptions::new(vec![url.parse().unwrap()], timeout);
    options.max_body = 1 << 16;
    endpoint_with(&options)
}

fn endpoint_with(options: &RoleOptions) -> Endpoint {
    let tls = crate::transport::tls::without_roots().unwrap();
    let client = crate::transport::http::client(tls).unwrap();
    Endpoint::new(&options.addresses[0], options, &client, &Metrics::default()).unwrap()
}

/// A node that answers each call with `"0x1"`.
fn good_node() -> Node {
    Node::start(|request, _| request.result(&json!("0x1")))
}

async fn chain_id(endpoint: Arc<Endpoint>) -> Result<String, CallError> {
    endpoint.call("eth_chainId", json!([])).await.map(|result| result.get().into())
}

async fn ask(role: &Role) -> Result<String, SourceError> {
    role.ask(key(), &|| false, chain_id).await
}

fn texts(results: &[Box<serde_json::value::RawValue>]) -> Vec<Value> {
    results.iter().map(|result| serde_json::from_str(result.get()).unwrap()).collect()
}
