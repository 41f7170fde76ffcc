//! Transactions.

use alloy_consensus::{Transaction, TxEnvelope};
use alloy_eips::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes};
use op_alloy_consensus::OpTxEnvelope;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::routes::Chain;

/// The first byte of a transaction with blobs (EIP-4844).
const BLOB_TYPE: u8 = 3;

/// Bytes of the JSON of a transaction. Reading it takes many times as much memory.
const MOST_JSON: usize = 16 << 20;

/// The EIP-2718 bytes of the transaction in this JSON object. Fails for types that are not known here: then the raw bytes
/// must be asked for.
pub(crate) fn transaction(chain: Chain, json: &str) -> Result<Bytes, String> {
    if json.len() > MOST_JSON {
        return Err("no transaction: it is too long".into());
    }
    match chain {
        Chain::L1 => encoded::<TxEnvelope>(json),
        Chain::L2 => encoded::<OpTxEnvelope>(json),
    }
}

fn encoded<T: DeserializeOwned + Encodable2718>(json: &str) -> Result<Bytes, String> {
    let transaction: serde_json::Result<T> = serde_json::from_str(json).or_else(|error| {
        // Some nodes send null for a field that is absent.
        let mut fields: Map<String, Value> = serde_json::from_str(json)?;
        fields.retain(|_, value| !value.is_null());
        serde_json::from_value(fields.into()).map_err(|_| error)
    });
    let transaction = transaction.map_err(|error| format!("no transaction: {error}"))?;
    Ok(transaction.encoded_2718().into())
}

/// The receiver and the versioned hashes of a transaction with blobs. `None` if it has none.
pub(crate) fn blob_carrier(raw: &[u8]) -> Option<(Address, Vec<B256>)> {
    if raw.first() != Some(&BLOB_TYPE) {
        return None;
    }
    let transaction = TxEnvelope::decode_2718_exact(raw).ok()?;
    Some((transaction.to()?, transaction.blob_versioned_hashes()?.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{
        SignableTransaction, TxEip1559, TxEip2930, TxEip4844, TxEip4844Variant, TxEip7702, TxLegacy,
    };
    use alloy_primitives::{Sealable, Signature, U256};
    use op_alloy_consensus::TxDeposit;
    use proptest::prelude::*;
    use serde_json::json;

    fn signature() -> Signature {
        Signature::new(U256::from(3), U256::from(4), true)
    }

    fn of_l1() -> Vec<TxEnvelope> {
        let (chain_id, to) = (10, Address::repeat_byte(1));
        let input = Bytes::from_static(&[5; 40]);
        let legacy = TxLegacy { chain_id: Some(10), input: input.clone(), ..Default::default() };
        let before_155 = TxLegacy { chain_id: None, input: input.clone(), ..Default::default() };
        let access = TxEip2930 { chain_id, input: input.clone(), ..Default::default() };
        let dynamic = TxEip1559 { chain_id, to: to.into(), input: input.clone(), ..Default::default() };
        let blobs = TxEip4844 {
            chain_id,
            to,
            blob_versioned_hashes: vec![B256::repeat_byte(1); 3],
            ..Default::default()
        };
        let code = TxEip7702 { chain_id, to, input, ..Default::default() };
        vec![
            legacy.into_signed(signature()).into(),
            before_155.into_signed(signature()).into(),
            access.into_signed(signature()).into(),
            dynamic.into_signed(signature()).into(),
            <TxEip4844Variant>::TxEip4844(blobs).into_signed(signature()).into(),
            code.into_signed(signature()).into(),
        ]
    }

    fn deposit() -> TxDeposit {
        TxDeposit {
            source_hash: B256::repeat_byte(1),
            from: Address::repeat_byte(2),
            to: Address::repeat_byte(3).into(),
            mint: 5,
            value: U256::from(6),
            gas_limit: 1_000_000,
            is_system_transaction: false,
            input: Bytes::from_static(&[1, 2]),
        }
    }

    #[test]
    fn transactions_of_l1_keep_their_bytes() {
        for transaction in of_l1() {
            let mut json = serde_json::to_value(&transaction).unwrap();
            // What a node adds.
            for field in ["blockHash", "blockNumber", "transactionIndex", "from"] {
                json[field] = json!("0x1");
            }
            let raw = Bytes::from(transaction.encoded_2718());
            let kind = json["type"].clone();
            assert_eq!(self::transaction(Chain::L1, &json.to_string()), Ok(raw.clone()), "{kind}");
            assert_eq!(
                self::transaction(Chain::L2, &json.to_string()).is_ok(),
                kind != json!("0x3"),
                "{kind}"
            );
            if let Value::Object(fields) = &mut json {
                fields.remove("yParity");
            }
            if kind == json!("0x2") {
                assert_eq!(self::transaction(Chain::L1, &json.to_string()), Ok(raw.clone()), "{kind}");
            }
        }
    }

    #[test]
    fn deposits_are_read_with_all_that_nodes_add() {
        let deposit = deposit();
        let raw = Bytes::from(OpTxEnvelope::Deposit(deposit.clone().seal_slow()).encoded_2718());
        let json = json!({
            "type": "0x7e", "hash": B256::repeat_byte(9), "blockHash": B256::ZERO, "blockNumber": "0x1",
            "transactionIndex": "0x0", "sourceHash": deposit.source_hash, "from": deposit.from,
            "to": "0x0303030303030303030303030303030303030303", "mint": "0x5", "value": "0x6", "gas": "0xf4240",
            "input": "0x0102", "nonce": "0x7", "gasPrice": "0x0", "v": "0x0", "r": "0x0", "s": "0x0",
            "depositReceiptVersion": "0x1",
        });
        assert_eq!(transaction(Chain::L2, &json.to_string()), Ok(raw.clone()));
        assert!(transaction(Chain::L1, &json.to_string()).is_err());
        let mut nothing_minted = json;
        nothing_minted["mint"] = Value::Null;
        let without = TxDeposit { mint: 0, ..deposit };
        let raw = Bytes::from(OpTxEnvelope::Deposit(without.seal_slow()).encoded_2718());
        assert_eq!(transaction(Chain::L2, &nothing_minted.to_string()), Ok(raw.clone()));
    }

    #[test]
    fn carriers_of_blobs_are_found() {
        let found: Vec<_> =
            of_l1().iter().filter_map(|transaction| blob_carrier(&transaction.encoded_2718())).collect();
        assert_eq!(found, [(Address::repeat_byte(1), vec![B256::repeat_byte(1); 3])]);
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in ".{0,200}") {
            let _ = transaction(Chain::L1, &text);
            let _ = transaction(Chain::L2, &text);
        }

        #[test]
        fn any_bytes_carry_blobs_or_not(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = blob_carrier(&[&[BLOB_TYPE], &*bytes].concat());
        }
    }
}
