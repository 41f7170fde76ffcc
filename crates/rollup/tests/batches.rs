//! Batches and channels of arbitrary content: what goes in comes out, and nothing that is sent makes a decoder panic.

use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxLegacy};
use alloy_eips::{
    eip2718::Encodable2718,
    eip2930::{AccessList, AccessListItem},
    eip7702::Authorization,
};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use proptest::{collection::vec, prelude::*, sample::Index};
use tribunal_rollup::{
    batch::{BatchReader, RawBatch, SingularBatch, SpanBatch, SpanBatchElement, join_batches},
    channel::{CHANNEL_VERSION_BROTLI, compress_zlib},
};

const CHAIN_ID: u64 = 8453;
const GENESIS_TIME: u64 = 1_000_000;
const BLOCK_TIME: u64 = 2;

/// A transaction of any type that a batch may hold, encoded. The signature is arbitrary.
fn transaction() -> impl Strategy<Value = Bytes> {
    let fields = (any::<u64>(), any::<u64>(), any::<u128>(), any::<u128>(), any::<Option<[u8; 20]>>());
    let contents = (any::<[u8; 32]>(), vec(any::<u8>(), 0..70), vec(vec(any::<[u8; 32]>(), 0..3), 0..3));
    let signature = (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<bool>());
    (0..5usize, fields, contents, signature).prop_map(
        |(kind, (nonce, gas_limit, fee, tip, to), (value, input, keys), (r, s, odd))| {
            let to = to.map(Address::from).map_or(TxKind::Create, TxKind::Call);
            let (value, input) = (U256::from_be_bytes(value), Bytes::from(input));
            let item = |keys: Vec<[u8; 32]>| AccessListItem {
                address: Address::repeat_byte(keys.len() as u8),
                storage_keys: keys.into_iter().map(B256::from).collect(),
            };
            let access_list = AccessList(keys.into_iter().map(item).collect());
            let signature = Signature::new(U256::from_be_bytes(r), U256::from_be_bytes(s), odd);
            let chain_id = CHAIN_ID;
            match kind {
                0 | 1 => {
                    let chain_id = (kind == 1).then_some(chain_id);
                    let tx = TxLegacy { chain_id, nonce, gas_price: fee, gas_limit, to, value, input };
                    tx.into_signed(signature).encoded_2718()
                }
                2 => {
                    let tx = TxEip2930 {
                        chain_id,
                        nonce,
                        gas_price: fee,
                        gas_limit,
                        to,
                        value,
                        input,
                        access_list,
                    };
                    tx.into_signed(signature).encoded_2718()
                }
                3 => TxEip1559 {
                    chain_id,
                    nonce,
                    gas_limit,
                    max_fee_per_gas: fee,
                    max_priority_fee_per_gas: tip,
                    to,
                    value,
                    access_list,
                    input,
                }
                .into_signed(signature)
                .encoded_2718(),
                _ => {
                    let address = Address::repeat_byte(9);
                    let authorization =
                        Authorization { chain_id: value, address, nonce }.into_signed(signature);
                    TxEip7702 {
                        chain_id,
                        nonce,
                        gas_limit,
                        max_fee_per_gas: fee,
                        max_priority_fee_per_gas: tip,
                        to: to.into_to().unwrap_or_default(),
                        value,
                        access_list,
                        authorization_list: vec![authorization],
                        input,
                    }
                    .into_signed(signature)
                    .encoded_2718()
                }
            }
            .into()
        },
    )
}

fn span_batch() -> impl Strategy<Value = SpanBatch> {
    let block = (0..2u64, vec(transaction(), 0..4));
    (any::<[u8; 20]>(), any::<[u8; 20]>(), any::<bool>(), any::<u32>(), 0..u64::MAX / 2, vec(block, 1..20))
        .prop_map(
            |(parent_check, l1_origin_check, first_block_starts_epoch, start, mut epoch_num, blocks)| {
                let mut timestamp = GENESIS_TIME + u64::from(start);
                let block = |(new_epoch, transactions): (u64, Vec<Bytes>)| {
                    epoch_num += new_epoch;
                    timestamp += BLOCK_TIME;
                    SpanBatchElement { epoch_num, timestamp, transactions }
                };
                let batches = blocks.into_iter().map(block).collect();
                SpanBatch { parent_check, l1_origin_check, first_block_starts_epoch, batches }
            },
        )
}

fn singular_batch() -> impl Strategy<Value = SingularBatch> {
    (any::<[u8; 32]>(), any::<u64>(), vec(transaction(), 0..4)).prop_map(|(hash, number, transactions)| {
        SingularBatch {
            parent_hash: hash.into(),
            epoch_num: number,
            epoch_hash: hash.into(),
            timestamp: number,
            transactions,
        }
    })
}

fn drain(channel: Bytes, limit: u64) -> Vec<RawBatch> {
    let mut batches = Vec::new();
    if let Ok(mut reader) = BatchReader::new(channel, limit, true) {
        while let Ok(Some(batch)) = reader.next_batch() {
            batches.push(batch);
        }
    }
    batches
}

proptest! {
    #[test]
    fn span_batches_round_trip(batch in span_batch(), tail in vec(any::<u8>(), 0..4)) {
        let mut encoded = batch.encode(GENESIS_TIME, CHAIN_ID).unwrap();
        encoded.extend(tail);
        let RawBatch::Span(raw) = RawBatch::decode(&encoded.into()).unwrap() else { panic!("is a span batch") };
        prop_assert_eq!(raw.derive(BLOCK_TIME, GENESIS_TIME, CHAIN_ID).unwrap(), batch);
    }

    #[test]
    fn damaged_span_batches_are_refused_or_read(batch in span_batch(), at: Index, byte: u8, cut: Index) {
        let mut encoded = batch.encode(GENESIS_TIME, CHAIN_ID).unwrap();
        let cut = Bytes::copy_from_slice(&encoded[..cut.index(encoded.len())]);
        prop_assert!(RawBatch::decode(&cut).is_err());
        let at = at.index(encoded.len());
        encoded[at] = byte;
        if let Ok(RawBatch::Span(raw)) = RawBatch::decode(&encoded.into()) {
            let _ = raw.derive(BLOCK_TIME, GENESIS_TIME, CHAIN_ID);
        }
    }

    #[test]
    fn other_chains_are_not_encoded(batch in span_batch()) {
        let encoded = batch.encode(GENESIS_TIME, CHAIN_ID + 1);
        // Legacy transactions may be of no chain.
        let bound = |tx: &Bytes| tx[0] < 0xc0;
        if batch.batches.iter().flat_map(|block| &block.transactions).any(bound) {
            prop_assert!(encoded.is_err());
        }
    }

    #[test]
    fn channels_round_trip(singular in vec(singular_batch(), 0..4), span in span_batch(), level in 0..=10u8) {
        let mut encoded: Vec<_> = singular.iter().map(SingularBatch::encode).collect();
        encoded.push(span.encode(GENESIS_TIME, CHAIN_ID).unwrap());
        let joined = join_batches(encoded.iter().map(Vec::as_slice));
        let channel = Bytes::from(compress_zlib(&joined, level));
        let expected: Vec<_> = encoded.iter().map(|batch| RawBatch::decode(&batch.clone().into()).unwrap()).collect();
        let whole = joined.len() as u64;
        prop_assert_eq!(&drain(channel.clone(), whole), &expected);
        // A limit that is one byte too small cuts off the whole last batch.
        prop_assert_eq!(&drain(channel, whole - 1)[..], &expected[..expected.len() - 1]);
    }

    #[test]
    fn random_channels_never_panic(mut data in vec(any::<u8>(), 2..400), header in prop::sample::select(vec![0x78u8, CHANNEL_VERSION_BROTLI])) {
        data[0] = header;
        if header == 0x78 {
            data[1] = 0x9c;
        }
        drain(data.into(), 100_000);
    }
}
