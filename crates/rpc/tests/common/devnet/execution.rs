//! The execution nodes.

use alloy_consensus::{Header, ReceiptEnvelope, TrieAccount, TxEnvelope};
use alloy_eips::Decodable2718;
use alloy_primitives::{Address, B256, Bytes, hex, keccak256};
use alloy_rlp::Decodable;
use op_alloy_consensus::OpTxEnvelope;
use serde_json::{Value, json};

use super::{Blocks, Chain, Recorder};

/// An execution node of one of the chains.
pub(super) struct Executing<'a> {
    pub(super) chain: &'a Chain,
    pub(super) blocks: &'a Blocks,
    pub(super) op: bool,
    pub(super) chain_id: u64,
}

impl Executing<'_> {
    pub(super) fn answer(&self, method: &str, params: &Value) -> Result<Value, Value> {
        let not_found = || json!({"code": -32000, "message": "not found"});
        let block = |index: usize| self.blocks.find(&params[index]).ok_or_else(not_found);
        let value = |hash: B256| self.chain.values.get(&hash).map(|value| json!(value)).ok_or_else(not_found);
        Ok(match method {
            "eth_chainId" => json!(format!("{:#x}", self.chain_id)),
            "debug_getRawHeader" => value(block(0)?.0)?,
            "debug_getRawBlock" => json!(self.raw_block(block(0)?)),
            "debug_getRawReceipts" => json!(self.receipts(block(0)?.1)),
            "eth_getBlockByHash" | "eth_getBlockByNumber" => match block(0) {
                Ok(found) => self.json_block(found, params[1] == json!(true)),
                Err(_) => Value::Null,
            },
            "eth_getBlockReceipts" | "parity_getBlockReceipts" | "erigon_getBlockReceiptsByBlockHash" => {
                self.json_receipts(block(0)?.1)
            }
            "alchemy_getTransactionReceipts" => json!({ "receipts": self.json_receipts(block(0)?.1) }),
            "eth_getTransactionReceipt" => self.receipt_of(&params[0]),
            "eth_getRawTransactionByBlockHashAndIndex" => {
                let index = params[1].as_str().unwrap().trim_start_matches("0x");
                let index = usize::from_str_radix(index, 16).unwrap();
                json!(self.chain.items(block(0)?.1.transactions_root).get(index))
            }
            "debug_dbGet" => match hex::decode(params[0].as_str().unwrap()).unwrap().as_slice() {
                [b'c', hash @ ..] if hash.len() == 32 => value(B256::from_slice(hash))?,
                hash => value(B256::from_slice(hash))?,
            },
            "debug_codeByHash" => value(params[0].as_str().unwrap().parse().unwrap())?,
            "eth_getCode" => {
                let account = self.account(&params[0], block(1)?.1);
                value(account.ok_or_else(not_found)?.code_hash)?
            }
            "eth_getProof" => self.proof(params, block(2)?.1),
            "debug_executionWitness" => {
                let parent = block(0)?.1.parent_hash;
                self.witness(self.blocks.headers.get(&parent).ok_or_else(not_found)?)
            }
            "debug_executePayload" => self.witness(block(0)?.1),
            _ => return Err(json!({"code": -32601, "message": format!("no {method} here")})),
        })
    }

    fn raw_block(&self, (hash, header): (B256, &Header)) -> Bytes {
        let mut transactions = Vec::new();
        for raw in self.chain.items(header.transactions_root) {
            match raw[0] {
                0xc0.. => transactions.extend_from_slice(&raw),
                _ => alloy_rlp::Encodable::encode(&raw[..], &mut transactions),
            }
        }
        let list = |payload: Vec<u8>| {
            let mut list = Vec::new();
            alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut list);
            [list, payload].concat()
        };
        list([self.chain.values[&hash].to_vec(), list(transactions), vec![0xc0], vec![0xc0]].concat()).into()
    }

    fn json_block(&self, (hash, header): (B256, &Header), full: bool) -> Value {
        let mut json = serde_json::to_value(header).unwrap();
        let transactions = self.chain.items(header.transactions_root);
        let transactions = transactions.iter().map(|raw| match (full, self.op) {
            (false, _) => json!(keccak256(raw)),
            (true, false) => json!(TxEnvelope::decode_2718_exact(raw).unwrap()),
            (true, true) => json!(OpTxEnvelope::decode_2718_exact(raw).unwrap()),
        });
        json["hash"] = json!(hash);
        json["transactions"] = transactions.collect();
        json["uncles"] = json!([]);
        json
    }

    fn receipts(&self, header: &Header) -> Vec<Bytes> {
        self.chain.items(header.receipts_root)
    }

    fn json_receipts(&self, header: &Header) -> Value {
        self.receipts(header).iter().map(json_receipt).collect()
    }

    fn receipt_of(&self, transaction: &Value) -> Value {
        for header in self.blocks.headers.values() {
            let transactions = self.chain.items(header.transactions_root);
            if let Some(index) = transactions.iter().position(|raw| json!(keccak256(raw)) == *transaction) {
                return json_receipt(&self.receipts(header)[index]);
            }
        }
        Value::Null
    }

    fn account(&self, address: &Value, header: &Header) -> Option<TrieAccount> {
        let address: Address = address.as_str().unwrap().parse().unwrap();
        let account = Recorder::new(self.chain).get(header.state_root, address.as_slice())?;
        Some(TrieAccount::decode(&mut &account[..]).unwrap())
    }

    fn proof(&self, params: &Value, header: &Header) -> Value {
        let address: Address = params[0].as_str().unwrap().parse().unwrap();
        let nodes = Recorder::new(self.chain);
        let found = nodes.get(header.state_root, address.as_slice());
        let account =
            found.map(|account| TrieAccount::decode(&mut &account[..]).unwrap()).unwrap_or_default();
        let slots = params[1].as_array().unwrap().iter().map(|slot| {
            let nodes = Recorder::new(self.chain);
            let key: B256 = slot.as_str().unwrap().parse().unwrap();
            nodes.get(account.storage_root, key.as_slice());
            json!({"key": slot, "value": "0x0", "proof": nodes.read.take()})
        });
        json!({
            "address": address, "balance": "0x0", "nonce": "0x0", "codeHash": account.code_hash,
            "storageHash": account.storage_root, "accountProof": nodes.read.take(),
            "storageProof": slots.collect::<Value>(),
        })
    }

    fn witness(&self, parent: &Header) -> Value {
        json!({"state": self.chain.closure(parent.state_root), "codes": [], "keys": null, "headers": [parent]})
    }
}

/// The receipt of a transaction of L1, as JSON.
fn json_receipt(raw: &Bytes) -> Value {
    let receipt = ReceiptEnvelope::decode_2718_exact(raw).unwrap();
    let logs = receipt
        .logs()
        .iter()
        .map(|log| json!({"address": log.address, "topics": log.topics(), "data": log.data.data}));
    json!({
        "type": format!("{:#x}", receipt.tx_type() as u8), "status": if receipt.status() { "0x1" } else { "0x0" },
        "cumulativeGasUsed": format!("{:#x}", receipt.cumulative_gas_used()),
        "logsBloom": receipt.logs_bloom(), "logs": logs.collect::<Value>(),
    })
}
