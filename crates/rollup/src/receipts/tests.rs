//! The scanner against the receipts that alloy encodes, and against garbage.

use alloc::{vec, vec::Vec};

use alloy_consensus::{Eip658Value, Receipt, ReceiptEnvelope, ReceiptWithBloom};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::LogData;
use proptest::prelude::*;

use super::*;

type FullLog = alloy_primitives::Log;

fn encode(kind: u8, status: Eip658Value, gas: u64, logs: Vec<FullLog>) -> Bytes {
    let receipt = ReceiptWithBloom::from(Receipt { status, cumulative_gas_used: gas, logs });
    let envelope = match kind {
        0 => ReceiptEnvelope::Legacy(receipt),
        1 => ReceiptEnvelope::Eip2930(receipt),
        2 => ReceiptEnvelope::Eip1559(receipt),
        3 => ReceiptEnvelope::Eip4844(receipt),
        _ => ReceiptEnvelope::Eip7702(receipt),
    };
    envelope.encoded_2718().into()
}

fn any_log() -> impl Strategy<Value = FullLog> {
    let topics = prop::collection::vec(any::<[u8; 32]>(), 0..6);
    (any::<[u8; 20]>(), topics, prop::collection::vec(any::<u8>(), 0..100)).prop_map(
        |(address, topics, data)| {
            let topics = topics.into_iter().map(B256::from).collect();
            FullLog { address: address.into(), data: LogData::new_unchecked(topics, data.into()) }
        },
    )
}

fn any_receipt() -> impl Strategy<Value = (u8, bool, u64, Vec<FullLog>)> {
    (0u8..5, any::<bool>(), any::<u64>(), prop::collection::vec(any_log(), 0..4))
}

fn reason(raw: &[u8]) -> &'static str {
    match logs(&[Bytes::copy_from_slice(raw)]).last() {
        Some(Err(RollupError::Receipt { reason, .. })) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn status_decides() {
    let log = FullLog::default();
    let of = |status| logs(&[encode(0, status, 1, vec![log.clone()])]).count();
    assert_eq!(of(Eip658Value::Eip658(true)), 1);
    assert_eq!(of(Eip658Value::Eip658(false)), 0);
    assert_eq!(of(Eip658Value::PostState(B256::repeat_byte(1))), 0);
}

#[test]
fn malformed_receipts_are_errors() {
    assert_eq!(reason(&[]), "empty");
    assert_eq!(reason(&[0]), "unknown transaction type");
    assert_eq!(reason(&[0x80]), "unknown transaction type");
    assert_eq!(reason(&[2]), "not a list");
    assert_eq!(reason(&[0xc0]), "no status");
    assert_eq!(reason(&[0xc0, 0]), "trailing bytes");
    assert_eq!(reason(&[0xc1, 0x02]), "invalid status");
    assert_eq!(reason(&[0xc3, 0x01, 0x01, 0x80]), "invalid bloom");
    assert_eq!(reason(&[0xc2, 0x01, 0x00]), "invalid cumulative gas");
}

#[test]
fn an_error_ends_the_iteration() {
    let good = encode(0, Eip658Value::Eip658(true), 1, vec![FullLog::default()]);
    let receipts = [good.clone(), Bytes::from_static(&[0xc0]), good];
    let results: Vec<_> = logs(&receipts).collect();
    assert_eq!(results.len(), 2);
    assert!(results[0].is_ok());
    assert_eq!(results[1], Err(RollupError::Receipt { index: 1, reason: "no status" }));
}

proptest! {
    #[test]
    fn hands_out_what_was_encoded(receipts in prop::collection::vec(any_receipt(), 0..5)) {
        let raw: Vec<Bytes> = receipts
            .iter()
            .map(|(kind, success, gas, logs)| encode(*kind, Eip658Value::Eip658(*success), *gas, logs.clone()))
            .collect();
        let mut index = 0;
        let mut found = logs(&raw);
        for (_, success, _, expected) in &receipts {
            for log in expected {
                if *success {
                    let got = found.next().unwrap().unwrap();
                    prop_assert_eq!(got.address, log.address);
                    prop_assert_eq!(got.data, &log.data.data[..]);
                    prop_assert_eq!(got.index, index);
                    prop_assert_eq!(got.topics.is_empty(), log.data.topics().is_empty());
                    let topics: Vec<B256> = (0..got.topics.len()).filter_map(|i| got.topics.get(i)).collect();
                    prop_assert_eq!(topics.as_slice(), log.data.topics());
                    prop_assert_eq!(topics.first().is_some_and(|first| got.topics.starts_with(first)), !topics.is_empty());
                }
                index += 1;
            }
        }
        prop_assert!(found.next().is_none());
    }

    #[test]
    fn garbage_is_survived(raw in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = logs(&[raw.into()]).count();
    }

    #[test]
    fn damaged_receipts_are_survived(receipt in any_receipt(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let (kind, success, gas, full) = receipt;
        let mut raw = encode(kind, Eip658Value::Eip658(success), gas, full).to_vec();
        let position = at.index(raw.len());
        raw[position] = byte;
        let _ = logs(&[raw.clone().into()]).count();
        raw.truncate(cut.index(raw.len()));
        prop_assert!(logs(&[raw.into()]).any(|log| log.is_err()));
    }
}
