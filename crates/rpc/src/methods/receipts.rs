//! Receipts of blocks.

use alloy_primitives::{B256, Bytes};
use serde_json::{json, value::RawValue};

use super::{
    Tried,
    block::{BLOCK, listed},
    json::{call_at_hash, read},
};
use crate::{
    encode::{self, BoundedList, ListNodes, MOST_TRANSACTIONS, list_nodes},
    endpoint::Endpoint,
    fault::CallError,
};

const RAW_RECEIPTS: &str = "debug_getRawReceipts";
const BLOCK_RECEIPTS: &str = "eth_getBlockReceipts";
const RECEIPT: &str = "eth_getTransactionReceipt";

/// The nodes of the list of a block's receipts, which has this root.
///
/// Nodes answer a request for raw receipts with an empty list when they do not have them. The root tells that from a block
/// without transactions.
pub(crate) async fn receipts(endpoint: &Endpoint, hash: B256, root: B256) -> Result<ListNodes, CallError> {
    let mut tried = Tried::default();
    if !endpoint.lacks(RAW_RECEIPTS) {
        match raw(endpoint, hash, root).await {
            Ok(nodes) => return Ok(nodes),
            Err(error) => tried.note(error)?,
        }
    }
    if !endpoint.lacks(BLOCK_RECEIPTS) {
        match of_block(endpoint, hash, root).await {
            Ok(nodes) => return Ok(nodes),
            Err(error) => tried.note(error)?,
        }
    }
    match one_by_one(endpoint, hash, root).await {
        Ok(nodes) => return Ok(nodes),
        Err(error) => tried.note(error)?,
    }
    Err(tried.into_error())
}

fn checked(method: &str, receipts: &[Bytes], root: B256) -> Result<ListNodes, CallError> {
    list_nodes(receipts, root).ok_or_else(|| match receipts.is_empty() {
        true => CallError::absent(method, "the node answers with no receipts, but the block has some"),
        false => CallError::wrong(method, "the receipts have another root than the header says"),
    })
}

async fn raw(endpoint: &Endpoint, hash: B256, root: B256) -> Result<ListNodes, CallError> {
    let answer = call_at_hash(endpoint, RAW_RECEIPTS, hash, |block| json!([block])).await?;
    let receipts: BoundedList<Bytes, MOST_TRANSACTIONS> = read(RAW_RECEIPTS, &answer)?;
    checked(RAW_RECEIPTS, &receipts.0, root)
}

async fn of_block(endpoint: &Endpoint, hash: B256, root: B256) -> Result<ListNodes, CallError> {
    let answer = call_at_hash(endpoint, BLOCK_RECEIPTS, hash, |block| json!([block])).await?;
    let receipts: BoundedList<&RawValue, MOST_TRANSACTIONS> = read(BLOCK_RECEIPTS, &answer)?;
    encoded(BLOCK_RECEIPTS, receipts.0.into_iter(), root)
}

/// One receipt for each transaction that the node lists. The list is not checked: with a wrong one, the root is wrong.
async fn one_by_one(endpoint: &Endpoint, hash: B256, root: B256) -> Result<ListNodes, CallError> {
    let block = endpoint.call(BLOCK, json!([hash, false])).await?;
    let hashes = listed(&block)?;
    let params = hashes.iter().map(|hash| read::<B256>(BLOCK, hash).map(|hash| json!([hash])));
    let answers = endpoint.batch(RECEIPT, params.collect::<Result<_, _>>()?).await?;
    encoded(RECEIPT, answers.iter().map(|answer| &**answer), root)
}

fn encoded<'a>(
    method: &str,
    receipts: impl Iterator<Item = &'a RawValue>,
    root: B256,
) -> Result<ListNodes, CallError> {
    let encoded = receipts.map(|receipt| {
        let present: &RawValue = read(method, receipt)?;
        encode::receipt(present.get()).map_err(|reason| CallError::wrong(method, reason))
    });
    checked(method, &encoded.collect::<Result<Vec<_>, _>>()?, root)
}
