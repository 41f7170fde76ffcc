//! Receipts that come one by one, from nodes that refuse in the middle.

mod common;
#[path = "common/devnet/mod.rs"]
mod devnet;
#[path = "common/program.rs"]
mod program;

use alloy_consensus::{Header, Receipt, ReceiptEnvelope};
use alloy_eips::Encodable2718;
use alloy_primitives::{B256, Bytes, keccak256};
use common::node::{Node, Reply, Request};
use devnet::{DEVNET, Manner, Served};
use program::{Program, options};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};
use tribunal_mpt::ordered;
use tribunal_preimage::HintType;

/// Transactions of the block. More than go into one batch.
const COUNT: u64 = 80;

/// A block of which nodes have only single receipts.
#[derive(Clone)]
struct Block {
    header: Header,
    transactions: Vec<B256>,
}

impl Block {
    fn new() -> Self {
        let receipts: Vec<Bytes> = (0..COUNT).map(|index| receipt(index).encoded_2718().into()).collect();
        let header = Header { receipts_root: ordered::root(&receipts), number: 7, ..Header::default() };
        Self { header, transactions: (0..COUNT).map(|index| keccak256(index.to_be_bytes())).collect() }
    }

    /// The answers of a node, except for receipts.
    fn answer(&self, method: &str) -> Result<Value, Value> {
        match method {
            "eth_chainId" => Ok(DEVNET.told_chain_id(false)),
            "eth_getBlockByHash" => {
                let mut json = serde_json::to_value(&self.header).unwrap();
                json["transactions"] = json!(self.transactions);
                Ok(json)
            }
            _ => Err(json!({"code": -32601, "message": "Method not found"})),
        }
    }

    fn index(&self, transaction: &Value) -> u64 {
        self.transactions.iter().position(|hash| json!(hash) == *transaction).unwrap() as u64
    }

    /// Reads the receipts from these nodes.
    fn read(&self, nodes: Vec<Node>) -> Vec<Node> {
        let claim = &DEVNET.folder.claims[0];
        let served: Vec<Served> =
            nodes.into_iter().map(|l1| Served { l1, ..Served::new(Manner::default()) }).collect();
        let mut options = options(&served.iter().collect::<Vec<_>>(), claim);
        options.prefetch = false;
        let program = Program::new(&DEVNET.folder, claim, &options);
        let (hash, root) = (self.header.hash_slow(), self.header.receipts_root);
        program.read(HintType::L1Receipts, &[hash.as_slice()], root).unwrap();
        served.into_iter().map(|served| served.l1).collect()
    }
}

fn receipt(index: u64) -> ReceiptEnvelope {
    let receipt = Receipt::<alloy_primitives::Log> {
        status: true.into(),
        cumulative_gas_used: 21_000 * (index + 1),
        logs: Vec::new(),
    };
    ReceiptEnvelope::Legacy(receipt.into())
}

fn json_receipt(index: u64) -> Value {
    json!({
        "type": "0x0", "status": "0x1", "cumulativeGasUsed": format!("{:#x}", 21_000 * (index + 1)),
        "logsBloom": alloy_primitives::Bloom::ZERO, "logs": [],
    })
}

/// Which receipts a node sent.
type Sent = Arc<Mutex<Vec<u64>>>;

/// A node that sends receipts as long as `may` says so of the number that it has sent, and then answers 429. It takes
/// batches, or refuses them.
fn node(block: &Block, batches: bool, may: impl Fn(usize) -> bool + Send + Sync + 'static) -> (Node, Sent) {
    let (block, sent) = (block.clone(), Sent::default());
    let list = Arc::clone(&sent);
    let node = Node::start(move |request: &Request, _| {
        if request.is_batch() && !batches {
            return request.error(-32005, "batches are not supported");
        }
        if request.method() == "eth_getTransactionReceipt" && !may(list.lock().unwrap().len()) {
            return Reply::status(429);
        }
        request.each(|method, params| match method {
            "eth_getTransactionReceipt" => {
                let mut list = list.lock().unwrap();
                if !may(list.len()) {
                    return Err(json!({"code": 429, "message": "too many requests"}));
                }
                let index = block.index(&params[0]);
                list.push(index);
                Ok(json_receipt(index))
            }
            method => block.answer(method),
        })
    });
    (node, sent)
}

fn all() -> BTreeSet<u64> {
    (0..COUNT).collect()
}

#[test]
fn the_next_node_goes_on_where_one_refuses() {
    let block = Block::new();
    for batches in [true, false] {
        let (first, first_sent) = node(&block, batches, |sent| sent < 50);
        let (second, second_sent) = node(&block, batches, |_| true);
        drop(block.read(vec![first, second]));
        let sent: Vec<u64> =
            [first_sent, second_sent].iter().flat_map(|sent| sent.lock().unwrap().clone()).collect();
        assert_eq!(sent.len() as u64, COUNT, "none is asked for twice, batches: {batches}");
        assert_eq!(sent.into_iter().collect::<BTreeSet<_>>(), all());
    }
}

#[test]
fn a_node_that_refuses_once_is_asked_for_the_rest() {
    let block = Block::new();
    let refusals = Arc::new(Mutex::new(0));
    let (only, sent) = node(&block, false, move |sent| {
        let mut refusals = refusals.lock().unwrap();
        let refuses = sent >= 50 && *refusals < 1;
        *refusals += usize::from(refuses);
        !refuses
    });
    drop(block.read(vec![only]));
    let sent = sent.lock().unwrap().clone();
    assert_eq!((sent.len() as u64, sent.into_iter().collect::<BTreeSet<_>>()), (COUNT, all()));
}

#[test]
fn wrong_receipts_of_one_node_do_not_spoil_those_of_another() {
    let block = Block::new();
    let other = block.clone();
    let liar = Node::start(move |request: &Request, _| {
        request.each(|method, params| match method {
            "eth_getTransactionReceipt" => match other.index(&params[0]) {
                index @ 0..40 => Ok(json_receipt(index + 1)),
                _ => Err(json!({"code": 429, "message": "too many requests"})),
            },
            method => other.answer(method),
        })
    });
    let (honest, sent) = node(&block, true, |_| true);
    drop(block.read(vec![liar, honest]));
    assert_eq!(sent.lock().unwrap().iter().copied().collect::<BTreeSet<_>>(), all());
}
