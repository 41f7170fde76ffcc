//! Reading answers.

use alloy_primitives::{B256, Bytes};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    endpoint::Endpoint,
    fault::{CallError, Fault},
};

/// The code of JSON-RPC for parameters that a node does not understand.
const INVALID_PARAMS: i64 = -32602;

/// The answer, as a `T`. `null` means that the node does not have it.
pub(super) fn read<'a, T: Deserialize<'a>>(method: &str, answer: &'a RawValue) -> Result<T, CallError> {
    if answer.get() == "null" {
        return Err(CallError::absent(method, "the node answers null"));
    }
    serde_json::from_str(answer.get())
        .map_err(|error| CallError::wrong(method, format!("an unexpected answer: {error}")))
}

/// The answer, as bytes. No bytes mean that the node does not have it, as `null` does.
pub(super) fn read_bytes(method: &str, answer: &RawValue) -> Result<Bytes, CallError> {
    let bytes: Bytes = read(method, answer)?;
    match bytes.is_empty() {
        true => Err(CallError::absent(method, "the node answers with nothing")),
        false => Ok(bytes),
    }
}

/// A call about a block with a hash. Most nodes take the bare hash, a few only an object.
pub(super) async fn call_at_hash(
    endpoint: &Endpoint,
    method: &'static str,
    hash: B256,
    params: impl Fn(Value) -> Value,
) -> Result<Box<RawValue>, CallError> {
    match endpoint.call(method, params(json!(hash))).await {
        Err(error) if error.fault == Fault::Wrong || error.code == Some(INVALID_PARAMS) => {
            endpoint.call(method, params(json!({ "blockHash": hash }))).await.map_err(|_| error)
        }
        answered => answered,
    }
}

/// A number as nodes take it.
pub(super) fn quantity(number: u64) -> Value {
    Value::String(format!("{number:#x}"))
}
