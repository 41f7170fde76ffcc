//! What lies under a hash: trie nodes and code.

use alloy_primitives::{Address, B256, Bytes, hex, keccak256};
use serde_json::json;

use super::{
    Tried,
    json::{quantity, read_bytes},
};
use crate::{endpoint::Endpoint, fault::CallError, routes::BlockRef};

const DB_GET: &str = "debug_dbGet";
const CODE_BY_HASH: &str = "debug_codeByHash";
const GET_CODE: &str = "eth_getCode";

/// The first byte of the key under which nodes keep code.
const CODE_PREFIX: u8 = b'c';

/// What the database of the node has under `key`, if its hash is `hash`.
pub(crate) async fn db_get(endpoint: &Endpoint, key: &[u8], hash: B256) -> Result<Bytes, CallError> {
    if endpoint.lacks(DB_GET) {
        return Err(CallError::unsupported(DB_GET, "the node lacks the method"));
    }
    let answer = endpoint.call(DB_GET, json!([hex::encode_prefixed(key)])).await?;
    checked(DB_GET, hash, read_bytes(DB_GET, &answer)?)
}

/// The code with this hash, by all methods that need nothing but the hash.
pub(crate) async fn code_by_hash(endpoint: &Endpoint, hash: B256) -> Result<Bytes, CallError> {
    let mut tried = Tried::default();
    let prefixed = [&[CODE_PREFIX][..], hash.as_slice()].concat();
    for key in [&prefixed[..], hash.as_slice()] {
        match db_get(endpoint, key, hash).await {
            Ok(code) => return Ok(code),
            Err(error) => tried.note(error)?,
        }
    }
    if !endpoint.lacks(CODE_BY_HASH) {
        let asked = endpoint.call(CODE_BY_HASH, json!([hash])).await;
        match asked.and_then(|answer| checked(CODE_BY_HASH, hash, read_bytes(CODE_BY_HASH, &answer)?)) {
            Ok(code) => return Ok(code),
            Err(error) => tried.note(error)?,
        }
    }
    Err(tried.into_error())
}

/// The code of the account at `address` after `block`, if its hash is `hash`.
pub(crate) async fn code_of(
    endpoint: &Endpoint,
    hash: B256,
    address: Address,
    block: BlockRef,
) -> Result<Bytes, CallError> {
    let answer = match block {
        BlockRef::Number(number) => endpoint.call(GET_CODE, json!([address, quantity(number)])).await?,
        BlockRef::Hash(block) => {
            super::json::call_at_hash(endpoint, GET_CODE, block, |block| json!([address, block])).await?
        }
    };
    checked(GET_CODE, hash, read_bytes(GET_CODE, &answer)?)
}

fn checked(method: &str, hash: B256, value: Bytes) -> Result<Bytes, CallError> {
    match keccak256(&value) == hash {
        true => Ok(value),
        false => Err(CallError::wrong(method, "the value has another hash")),
    }
}
