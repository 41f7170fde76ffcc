//! Of which chain a node is.

use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

use super::json::read;
use crate::{
    endpoint::Endpoint,
    fault::{CallError, Fault},
    transport::refusal::INTERNAL_ERROR,
};

const METHOD: &str = "eth_chainId";

/// How long it is believed that a node is of another chain, or does not say of which it is. It may be started anew.
const BELIEVED: Duration = Duration::from_mins(1);

/// What a node said of its chain, locked while it is asked.
pub(crate) type ToldChain = tokio::sync::Mutex<Option<Told>>;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    /// `None` if the node does not say.
    chain: Option<u64>,
    at: Instant,
}

/// The id of the node's chain.
pub(crate) async fn chain_id(endpoint: &Endpoint) -> Result<u64, CallError> {
    let id: String = read(METHOD, &endpoint.call(METHOD, json!([])).await?)?;
    let digits = id.strip_prefix("0x").unwrap_or_default();
    let id =
        u64::from_str_radix(digits, 16).map_err(|_| CallError::wrong(METHOD, "the answer is no number"))?;
    Ok(id)
}

/// Refuses a node of another chain. A node is asked when it is first needed. One that does not say its chain is not refused:
/// what it sends is checked anyway.
pub(crate) async fn require_chain(endpoint: &Endpoint, expected: u64) -> Result<(), CallError> {
    let mut told = endpoint.told_chain().lock().await;
    let known = told.filter(|told| told.chain == Some(expected) || told.at.elapsed() < BELIEVED);
    let chain = match known {
        Some(told) => told.chain,
        None => {
            let chain = match chain_id(endpoint).await {
                Ok(chain) => Some(chain),
                Err(error) if does_not_say(&error) => {
                    let was_known = told.is_some_and(|told| told.chain.is_none());
                    if !was_known {
                        tracing::warn!(
                            node = endpoint.name(),
                            reason = error.reason,
                            "the node does not say its chain"
                        );
                    }
                    None
                }
                Err(error) => return Err(error),
            };
            *told = Some(Told { chain, at: Instant::now() });
            chain
        }
    };
    match chain {
        Some(found) if found != expected => Err(other_chain(METHOD, expected, found)),
        _ => Ok(()),
    }
}

/// Whether a node fails to say its chain for another reason than that it is down or overloaded.
fn does_not_say(error: &CallError) -> bool {
    match error.fault {
        Fault::Unsupported | Fault::Denied | Fault::Absent | Fault::Wrong => true,
        Fault::Busy { .. } => error.code == Some(INTERNAL_ERROR),
        Fault::Gone | Fault::Ours => false,
    }
}

/// Refuses a node that said lately that it is of another chain. Nothing is asked.
pub(crate) async fn refuse_known(endpoint: &Endpoint, method: &str, expected: u64) -> Result<(), CallError> {
    let told = endpoint.told_chain().lock().await.filter(|told| told.at.elapsed() < BELIEVED);
    match told.and_then(|told| told.chain) {
        Some(found) if found != expected => Err(other_chain(method, expected, found)),
        _ => Ok(()),
    }
}

/// Takes note of what a node said of its chain in another answer, and refuses it if it is another.
pub(crate) async fn note_chain(
    endpoint: &Endpoint,
    method: &str,
    expected: u64,
    found: u64,
) -> Result<(), CallError> {
    *endpoint.told_chain().lock().await = Some(Told { chain: Some(found), at: Instant::now() });
    refuse_known(endpoint, method, expected).await
}

/// The failure of a node of another chain. No time and no other method helps.
fn other_chain(method: &str, expected: u64, found: u64) -> CallError {
    let reason = format!("the node is of chain {found}, and the claim is about chain {expected}");
    CallError::new(method, Fault::Denied, reason)
}
