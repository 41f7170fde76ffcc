//! Receipts of blocks.

use alloy_primitives::{B256, Bytes};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    Tried,
    block::{BLOCK, listed},
    json::{call_at_hash, read},
    pieces::{Pieces, Whose},
};
use crate::{
    encode::{self, BoundedList, ListNodes, MOST_TRANSACTIONS, list_nodes},
    endpoint::Endpoint,
    fault::{CallError, Fault},
};

const RAW_RECEIPTS: &str = "debug_getRawReceipts";
const BLOCK_RECEIPTS: &str = "eth_getBlockReceipts";
const ALCHEMY_RECEIPTS: &str = "alchemy_getTransactionReceipts";

/// Methods that give all receipts of a block as JSON. The first is the standard's; the others are what vendors had before.
const ALL_AS_JSON: [&str; 4] =
    [BLOCK_RECEIPTS, ALCHEMY_RECEIPTS, "parity_getBlockReceipts", "erigon_getBlockReceiptsByBlockHash"];
const RECEIPT: &str = "eth_getTransactionReceipt";

/// The nodes of the list of a block's receipts, which has this root.
///
/// Nodes answer a request for raw receipts with an empty list when they do not have them. The root tells that from a block
/// without transactions.
///
/// `pieces` has the receipts that came one by one before, and gets those that come.
pub(crate) async fn receipts(
    endpoint: &Endpoint,
    hash: B256,
    root: B256,
    pieces: &Pieces,
) -> Result<ListNodes, CallError> {
    let mut tried = Tried::default();
    if !endpoint.lacks(RAW_RECEIPTS) {
        match raw(endpoint, hash, root).await {
            Ok(nodes) => return Ok(nodes),
            Err(error) => tried.note(error)?,
        }
    }
    for method in ALL_AS_JSON.into_iter().filter(|method| !endpoint.lacks(method)) {
        match of_block(endpoint, method, hash, root).await {
            Ok(nodes) => return Ok(nodes),
            // A node that has the standard's method has no better one.
            Err(error) => {
                let has_it = error.fault != Fault::Unsupported;
                tried.note(error)?;
                if has_it {
                    break;
                }
            }
        }
    }
    match one_by_one(endpoint, hash, root, pieces).await {
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

/// The answer of Alchemy's own method.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    receipts: BoundedList<&'a RawValue, MOST_TRANSACTIONS>,
}

async fn of_block(
    endpoint: &Endpoint,
    method: &'static str,
    hash: B256,
    root: B256,
) -> Result<ListNodes, CallError> {
    if method == ALCHEMY_RECEIPTS {
        let answer = endpoint.call(method, json!([{ "blockHash": hash }])).await?;
        let wrapped: Wrapped<'_> = read(method, &answer)?;
        return encoded(method, wrapped.receipts.0.into_iter(), root);
    }
    let answer = call_at_hash(endpoint, method, hash, |block| json!([block])).await?;
    let receipts: BoundedList<&RawValue, MOST_TRANSACTIONS> = read(method, &answer)?;
    encoded(method, receipts.0.into_iter(), root)
}

/// One receipt for each transaction that the node lists. The list is not checked: with a wrong one, the root is wrong.
async fn one_by_one(
    endpoint: &Endpoint,
    hash: B256,
    root: B256,
    pieces: &Pieces,
) -> Result<ListNodes, CallError> {
    let node = endpoint.name();
    let block = endpoint.call(BLOCK, json!([hash, false])).await?;
    let transactions = listed(&block)?.into_iter().map(|hash| read::<B256>(BLOCK, hash));
    let transactions: Vec<B256> = transactions.collect::<Result<_, _>>()?;
    let with_others = pieced(endpoint, &transactions, root, pieces, Whose::Any(node)).await;
    let pieced = match with_others {
        // Perhaps it was another node that lied.
        Err(error) if error.fault == Fault::Wrong && pieces.are_mixed(&transactions, node) => {
            pieced(endpoint, &transactions, root, pieces, Whose::Only(node)).await
        }
        pieced => pieced,
    };
    if pieced.as_ref().is_err_and(|error| error.fault == Fault::Wrong) {
        pieces.forget(node);
    }
    pieced
}

/// The list of the receipts that there are and of those that the node sends.
async fn pieced(
    endpoint: &Endpoint,
    transactions: &[B256],
    root: B256,
    pieces: &Pieces,
    whose: Whose<'_>,
) -> Result<ListNodes, CallError> {
    let missing = transactions.iter().filter(|transaction| pieces.get(**transaction, whose).is_none());
    let missing: Vec<B256> = missing.copied().collect();
    let params: Vec<Value> = missing.iter().map(|transaction| json!([transaction])).collect();
    let mut unusable = None;
    let mut keep = |index: usize, answer: Box<RawValue>| {
        let receipt = read::<&RawValue>(RECEIPT, &answer).and_then(|present| {
            encode::receipt(present.get()).map_err(|reason| CallError::wrong(RECEIPT, reason))
        });
        match (missing.get(index), receipt) {
            (Some(transaction), Ok(receipt)) => {
                match pieces.put(endpoint.name(), *transaction, receipt, endpoint.max_body()) {
                    true => Ok(()),
                    false => Err(CallError::wrong(RECEIPT, "the receipts have more bytes than are allowed")),
                }
            }
            // The others of the batch may be right.
            (_, Err(error)) => {
                unusable.get_or_insert(error);
                Ok(())
            }
            (None, Ok(_)) => Ok(()),
        }
    };
    endpoint.batch_each(RECEIPT, &params, &mut keep).await?;
    if let Some(error) = unusable {
        return Err(error);
    }
    let receipts = transactions.iter().filter_map(|transaction| pieces.get(*transaction, whose));
    checked(RECEIPT, &receipts.collect::<Vec<_>>(), root)
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
