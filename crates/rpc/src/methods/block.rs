//! Headers and transactions of blocks.

use alloy_primitives::{B256, Bytes, keccak256};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::{
    Tried,
    json::{call_at_hash, quantity, read, read_bytes},
    raw_block,
};
use crate::{
    encode::{self, BoundedList, Facts, ListNodes, MOST_TRANSACTIONS, list_nodes},
    endpoint::Endpoint,
    fault::CallError,
    routes::Chain,
};

pub(super) const RAW_HEADER: &str = "debug_getRawHeader";
pub(super) const RAW_BLOCK: &str = "debug_getRawBlock";
pub(super) const BLOCK: &str = "eth_getBlockByHash";
const BLOCK_BY_NUMBER: &str = "eth_getBlockByNumber";
const RAW_TRANSACTION: &str = "eth_getRawTransactionByBlockHashAndIndex";

/// A header whose hash is right.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) rlp: Bytes,
    pub(crate) facts: Facts,
}

impl Header {
    /// The header with this hash, if the RLP is that.
    pub(crate) fn checked(method: &str, hash: B256, rlp: Bytes) -> Result<Self, CallError> {
        if keccak256(&rlp) != hash {
            return Err(CallError::wrong(method, "the header has another hash"));
        }
        let facts = Facts::of(&rlp).ok_or_else(|| CallError::wrong(method, "the hash is not a header's"))?;
        Ok(Self { rlp, facts })
    }
}

/// A block's header and transactions, both checked.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) header: Header,
    /// EIP-2718 bytes.
    pub(crate) transactions: Vec<Bytes>,
    /// The nodes of the list of transactions.
    pub(crate) nodes: ListNodes,
}

impl Block {
    fn checked(method: &str, header: Header, transactions: Vec<Bytes>) -> Result<Self, CallError> {
        match list_nodes(&transactions, header.facts.transactions_root) {
            Some(nodes) => Ok(Self { header, transactions, nodes }),
            None => Err(CallError::wrong(method, "the transactions have another root than the header says")),
        }
    }
}

/// The header with this hash.
pub(crate) async fn header(endpoint: &Endpoint, hash: B256) -> Result<Header, CallError> {
    let mut tried = Tried::default();
    if !endpoint.lacks(RAW_HEADER) {
        match raw_header(endpoint, hash).await {
            Ok(header) => return Ok(header),
            Err(error) => tried.note(error)?,
        }
    }
    match json_header(endpoint, hash).await {
        Ok(header) => return Ok(header),
        Err(error) => tried.note(error)?,
    }
    Err(tried.into_error())
}

async fn raw_header(endpoint: &Endpoint, hash: B256) -> Result<Header, CallError> {
    let answer = call_at_hash(endpoint, RAW_HEADER, hash, |block| json!([block])).await?;
    Header::checked(RAW_HEADER, hash, read_bytes(RAW_HEADER, &answer)?)
}

async fn json_header(endpoint: &Endpoint, hash: B256) -> Result<Header, CallError> {
    let answer = endpoint.call(BLOCK, json!([hash, false])).await?;
    header_of(BLOCK, hash, &answer)
}

/// The header in an answer with a block.
fn header_of(method: &str, hash: B256, answer: &RawValue) -> Result<Header, CallError> {
    let present: &RawValue = read(method, answer)?;
    let rlp = encode::header(present.get()).map_err(|reason| CallError::wrong(method, reason))?;
    Header::checked(method, hash, rlp)
}

/// Headers of the `count` blocks before `child`, the newest first, as far as they are linked to it by their hashes. The
/// first must be.
pub(crate) async fn ancestors(
    endpoint: &Endpoint,
    child: Facts,
    count: u64,
) -> Result<Vec<(B256, Header)>, CallError> {
    let numbers = || (child.number.saturating_sub(count)..child.number).rev().map(quantity);
    let mut tried = Tried::default();
    if !endpoint.lacks(RAW_HEADER) {
        let asked = endpoint.batch(RAW_HEADER, numbers().map(|number| json!([number])).collect()).await;
        match asked.and_then(|answers| linked(RAW_HEADER, child, &answers, raw_rlp)) {
            Ok(headers) => return Ok(headers),
            Err(error) => tried.note(error)?,
        }
    }
    let params = numbers().map(|number| json!([number, false])).collect();
    let asked = endpoint.batch(BLOCK_BY_NUMBER, params).await;
    match asked.and_then(|answers| linked(BLOCK_BY_NUMBER, child, &answers, json_rlp)) {
        Ok(headers) => return Ok(headers),
        Err(error) => tried.note(error)?,
    }
    Err(tried.into_error())
}

fn raw_rlp(answer: &RawValue) -> Result<Bytes, CallError> {
    read_bytes(RAW_HEADER, answer)
}

fn json_rlp(answer: &RawValue) -> Result<Bytes, CallError> {
    let present: &RawValue = read(BLOCK_BY_NUMBER, answer)?;
    encode::header(present.get()).map_err(|reason| CallError::wrong(BLOCK_BY_NUMBER, reason))
}

fn linked(
    method: &'static str,
    child: Facts,
    answers: &[Box<RawValue>],
    rlp: fn(&RawValue) -> Result<Bytes, CallError>,
) -> Result<Vec<(B256, Header)>, CallError> {
    let mut headers = Vec::new();
    let mut expected = child.parent;
    for answer in answers {
        match rlp(answer).and_then(|rlp| Header::checked(method, expected, rlp)) {
            Ok(header) => {
                let hash = std::mem::replace(&mut expected, header.facts.parent);
                headers.push((hash, header));
            }
            Err(error) if headers.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(headers)
}

/// The block that a node has under a number or a tag: its hash and its header. The header has this hash, but nothing says
/// that it is the right block. `None` if the node has none.
pub(crate) async fn header_by_tag(
    endpoint: &Endpoint,
    tag: &str,
) -> Result<Option<(B256, Header)>, CallError> {
    let answer = endpoint.call(BLOCK_BY_NUMBER, json!([tag, false])).await?;
    if answer.get() == "null" {
        return Ok(None);
    }
    let named: Named = read(BLOCK_BY_NUMBER, &answer)?;
    Ok(Some((named.hash, header_of(BLOCK_BY_NUMBER, named.hash, &answer)?)))
}

/// The hash that a node gives for a block.
#[derive(Deserialize)]
struct Named {
    hash: B256,
}

/// The transactions of a block.
pub(crate) async fn transactions(endpoint: &Endpoint, chain: Chain, hash: B256) -> Result<Block, CallError> {
    let mut tried = Tried::default();
    if !endpoint.lacks(RAW_BLOCK) {
        match raw(endpoint, hash).await {
            Ok(block) => return Ok(block),
            Err(error) => tried.note(error)?,
        }
    }
    let answer = match endpoint.call(BLOCK, json!([hash, true])).await {
        Ok(answer) => answer,
        Err(error) => {
            tried.note(error)?;
            return Err(tried.into_error());
        }
    };
    match encoded(chain, hash, &answer) {
        Ok(block) => return Ok(block),
        Err(error) => tried.note(error)?,
    }
    match one_by_one(endpoint, hash, &answer).await {
        Ok(block) => return Ok(block),
        Err(error) => tried.note(error)?,
    }
    Err(tried.into_error())
}

async fn raw(endpoint: &Endpoint, hash: B256) -> Result<Block, CallError> {
    let answer = call_at_hash(endpoint, RAW_BLOCK, hash, |block| json!([block])).await?;
    let rlp = read_bytes(RAW_BLOCK, &answer)?;
    let (header, transactions) =
        raw_block::split(&rlp).ok_or_else(|| CallError::wrong(RAW_BLOCK, "the answer is no block"))?;
    Block::checked(RAW_BLOCK, Header::checked(RAW_BLOCK, hash, header)?, transactions)
}

/// The list of transactions in an answer with a block.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    transactions: BoundedList<&'a RawValue, MOST_TRANSACTIONS>,
}

/// The list of transactions that an answer with a block has.
pub(super) fn listed(answer: &RawValue) -> Result<Vec<&RawValue>, CallError> {
    Ok(read::<Body<'_>>(BLOCK, answer)?.transactions.0)
}

fn encoded(chain: Chain, hash: B256, answer: &RawValue) -> Result<Block, CallError> {
    let header = header_of(BLOCK, hash, answer)?;
    let listed = listed(answer)?;
    let transactions = listed.iter().map(|json| encode::transaction(chain, json.get()));
    let transactions =
        transactions.collect::<Result<_, _>>().map_err(|reason| CallError::wrong(BLOCK, reason))?;
    Block::checked(BLOCK, header, transactions)
}

/// As many raw transactions as the answer with the block lists, whatever it says of them.
async fn one_by_one(endpoint: &Endpoint, hash: B256, answer: &RawValue) -> Result<Block, CallError> {
    let header = header_of(BLOCK, hash, answer)?;
    let count = listed(answer)?.len() as u64;
    let params = (0..count).map(|index| json!([hash, quantity(index)])).collect();
    let answers = endpoint.batch(RAW_TRANSACTION, params).await?;
    let transactions = answers.iter().map(|answer| read_bytes(RAW_TRANSACTION, answer));
    Block::checked(RAW_TRANSACTION, header, transactions.collect::<Result<_, _>>()?)
}
