//! Receipts.

use alloy_primitives::{Address, B256, Bloom, Bytes, Log, LogData, U8, U64};
use alloy_rlp::{Encodable, Header as RlpHeader};
use serde::Deserialize;

/// The type of deposits.
const DEPOSIT_TYPE: u8 = 0x7e;

/// The EIP-2718 bytes of the receipt in this JSON object. Any type is encoded, of later forks too.
pub(crate) fn receipt(json: &str) -> Result<Bytes, String> {
    let receipt: RpcReceipt = serde_json::from_str(json).map_err(|error| format!("no receipt: {error}"))?;
    receipt.encoded()
}

/// A receipt as nodes send it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RpcReceipt {
    #[serde(rename = "type", default)]
    kind: Option<U8>,
    #[serde(default)]
    status: Option<U8>,
    /// In place of the status, before Byzantium.
    #[serde(default)]
    root: Option<Bytes>,
    cumulative_gas_used: U64,
    logs_bloom: Bloom,
    logs: Vec<RpcLog>,
    #[serde(default)]
    deposit_nonce: Option<U64>,
    #[serde(default)]
    deposit_receipt_version: Option<U64>,
}

#[derive(Deserialize)]
struct RpcLog {
    address: Address,
    topics: Vec<B256>,
    data: Bytes,
}

impl RpcReceipt {
    fn encoded(self) -> Result<Bytes, String> {
        let kind = self.kind.unwrap_or_default().to::<u8>();
        let mut fields = Vec::new();
        match (self.status, self.root.as_ref().map(|root| <[u8; 32]>::try_from(root.as_ref()))) {
            (Some(status), _) => (status != U8::ZERO).encode(&mut fields),
            (None, Some(Ok(root))) => root.encode(&mut fields),
            (None, _) => return Err("no receipt: neither status nor root".into()),
        }
        self.cumulative_gas_used.encode(&mut fields);
        self.logs_bloom.encode(&mut fields);
        let logs: Vec<Log> = self.logs.into_iter().map(RpcLog::into_log).collect();
        logs.encode(&mut fields);
        // Since Canyon the nonce of a deposit is hashed. Before, nodes tell it, but it is not part of the root.
        if let (DEPOSIT_TYPE, Some(version)) = (kind, self.deposit_receipt_version) {
            let nonce = self.deposit_nonce.ok_or("no receipt: a deposit with a version has a nonce")?;
            nonce.encode(&mut fields);
            version.encode(&mut fields);
        }
        let mut encoded = Vec::new();
        if kind != 0 {
            encoded.push(kind);
        }
        RlpHeader { list: true, payload_length: fields.len() }.encode(&mut encoded);
        encoded.extend(fields);
        Ok(encoded.into())
    }
}

impl RpcLog {
    fn into_log(self) -> Log {
        Log { address: self.address, data: LogData::new_unchecked(self.topics, self.data) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, ReceiptWithBloom};
    use alloy_eips::Encodable2718;
    use op_alloy_consensus::{OpDepositReceipt, OpDepositReceiptWithBloom, OpReceiptEnvelope};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn logs() -> Vec<Log> {
        (0..=4)
            .map(|topics| Log {
                address: Address::repeat_byte(topics),
                data: LogData::new_unchecked(vec![B256::repeat_byte(9); topics.into()], vec![1; 70].into()),
            })
            .collect()
    }

    fn json(kind: u8, status: Value) -> Value {
        let logs: Vec<Value> = logs()
            .iter()
            .map(|log| {
                json!({
                    "address": log.address, "topics": log.topics(), "data": log.data.data,
                    "blockNumber": "0x1", "logIndex": "0x0", "removed": false,
                })
            })
            .collect();
        json!({
            "type": format!("{kind:#x}"), "status": status, "cumulativeGasUsed": "0x5208",
            "logsBloom": Bloom::repeat_byte(3), "logs": logs,
            "transactionHash": B256::ZERO, "gasUsed": "0x5208", "contractAddress": null, "to": null,
        })
    }

    fn inner(status: Eip658Value) -> ReceiptWithBloom<Receipt> {
        let receipt = Receipt { status, cumulative_gas_used: 21_000, logs: logs() };
        ReceiptWithBloom { receipt, logs_bloom: Bloom::repeat_byte(3) }
    }

    #[test]
    fn receipts_of_l1_keep_their_bytes() {
        type Wrap = fn(ReceiptWithBloom<Receipt>) -> ReceiptEnvelope;
        let wraps: [Wrap; 5] = [
            ReceiptEnvelope::Legacy,
            ReceiptEnvelope::Eip2930,
            ReceiptEnvelope::Eip1559,
            ReceiptEnvelope::Eip4844,
            ReceiptEnvelope::Eip7702,
        ];
        for (kind, wrap) in (0u8..).zip(wraps) {
            for status in [false, true] {
                let expected = wrap(inner(Eip658Value::Eip658(status))).encoded_2718();
                let json = json(kind, if status { json!("0x1") } else { json!("0x0") });
                assert_eq!(receipt(&json.to_string()), Ok(expected.into()), "type {kind}");
            }
        }
    }

    #[test]
    fn old_receipts_have_a_root_and_no_type() {
        let expected = ReceiptEnvelope::Legacy(inner(Eip658Value::PostState(B256::repeat_byte(8))));
        let mut json = json(0, Value::Null);
        json["root"] = json!(B256::repeat_byte(8));
        if let Value::Object(fields) = &mut json {
            fields.remove("type");
        }
        assert_eq!(receipt(&json.to_string()), Ok(expected.encoded_2718().into()));
        json["root"] = json!("0x");
        assert!(receipt(&json.to_string()).is_err());
    }

    #[test]
    fn the_nonce_of_a_deposit_counts_only_with_a_version() {
        let deposit = |deposit_nonce, deposit_receipt_version| {
            let inner = inner(true.into()).receipt;
            let receipt = OpDepositReceipt { inner, deposit_nonce, deposit_receipt_version };
            OpReceiptEnvelope::Deposit(OpDepositReceiptWithBloom {
                receipt,
                logs_bloom: Bloom::repeat_byte(3),
            })
            .encoded_2718()
        };
        let mut json = json(DEPOSIT_TYPE, json!("0x1"));
        assert_eq!(receipt(&json.to_string()), Ok(deposit(None, None).into()));
        json["depositNonce"] = json!("0x7");
        assert_eq!(receipt(&json.to_string()), Ok(deposit(None, None).into()), "Regolith");
        json["depositReceiptVersion"] = json!("0x1");
        assert_eq!(receipt(&json.to_string()), Ok(deposit(Some(7), Some(1)).into()), "Canyon");
        json["depositNonce"] = Value::Null;
        assert!(receipt(&json.to_string()).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in ".{0,200}") {
            let _ = receipt(&text);
        }

        #[test]
        fn a_changed_field_never_panics(field: prop::sample::Index, text in ".{0,80}") {
            let mut json = json(0, json!("0x1"));
            let names: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
            json[field.get(&names)] = Value::String(text);
            let _ = receipt(&json.to_string());
        }
    }
}
