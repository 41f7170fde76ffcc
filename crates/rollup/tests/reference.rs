//! Decoders and encoders against what the reference node makes of the same input; see `vectors/README.md`.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, address, hex, keccak256};
use serde::Deserialize;
use tribunal_rollup::{
    Fork, ForkTimes, L2BlockInfo, SystemConfig,
    batch::{BatchReader, RawBatch, SpanBatch},
    channel::{Channel, Frame},
    l1_info_deposit, registry, user_deposits,
};

/// The lines of a vector file.
fn lines<T: for<'de> Deserialize<'de>>(compressed: &[u8]) -> Vec<T> {
    let text = miniz_oxide::inflate::decompress_to_vec_zlib(compressed).unwrap();
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn short_hash(data: &[u8]) -> String {
    hex::encode(&keccak256(data)[..4])
}

fn word(hex: &str) -> B256 {
    hex.parse().unwrap()
}

/// A change to some bytes.
#[derive(Debug, Default, Deserialize)]
struct Edit {
    #[serde(default)]
    c: usize,
    #[serde(default)]
    p: usize,
    #[serde(default)]
    x: u8,
    #[serde(default)]
    a: String,
}

impl Edit {
    fn apply(&self, bytes: &[u8]) -> Bytes {
        let mut bytes = bytes[..bytes.len() - self.c].to_vec();
        if self.x != 0 {
            bytes[self.p] ^= self.x;
        }
        bytes.extend(hex::decode(&self.a).unwrap());
        bytes.into()
    }
}

#[derive(Debug, Deserialize)]
struct EditCase {
    #[serde(flatten)]
    edit: Edit,
    #[serde(rename = "r")]
    result: String,
}

const GENESIS_TIME: u64 = 1_600_000_000;

fn describe_span(span: &SpanBatch) -> String {
    let mut out = [span.parent_check, span.l1_origin_check].concat();
    for block in &span.batches {
        out.extend(block.epoch_num.to_be_bytes());
        out.extend(block.timestamp.to_be_bytes());
        out.extend((block.transactions.len() as u32).to_be_bytes());
        for transaction in &block.transactions {
            out.extend((transaction.len() as u32).to_be_bytes());
            out.extend_from_slice(transaction);
        }
    }
    short_hash(&out)
}

#[test]
fn batches() {
    #[derive(Deserialize)]
    struct Row {
        chain: u64,
        raw: String,
        cases: Vec<EditCase>,
    }
    let mut good = 0;
    for row in lines::<Row>(include_bytes!("vectors/batches.jsonl.zz")) {
        let raw = hex::decode(&row.raw).unwrap();
        for case in &row.cases {
            let result = match RawBatch::decode(&case.edit.apply(&raw)) {
                Err(_) => "undecodable".into(),
                Ok(RawBatch::Singular(batch)) => short_hash(&batch.encode()),
                Ok(RawBatch::Span(span)) => match span.derive(2, GENESIS_TIME, row.chain) {
                    Err(_) => "malformed".into(),
                    Ok(span) => describe_span(&span),
                },
            };
            assert_eq!(result, case.result, "{} {:?}", row.raw, case.edit);
            good += usize::from(result.len() == 8);
        }
    }
    assert!(good > 500, "{good}");
}

/// What the reference encodes comes out the same when it is decoded and encoded again.
#[test]
fn encoders() {
    #[derive(Deserialize)]
    struct Row {
        chain: u64,
        raw: String,
    }
    // Later lines are not of the reference's making.
    for row in lines::<Row>(include_bytes!("vectors/batches.jsonl.zz")).iter().take(14) {
        let raw = Bytes::from(hex::decode(&row.raw).unwrap());
        let encoded = match RawBatch::decode(&raw).unwrap() {
            RawBatch::Singular(batch) => batch.encode(),
            RawBatch::Span(span) => {
                span.derive(2, GENESIS_TIME, row.chain).unwrap().encode(GENESIS_TIME, row.chain).unwrap()
            }
        };
        assert_eq!(raw, encoded);
    }
}

#[test]
fn channels() {
    #[derive(Debug, Deserialize)]
    struct Case {
        #[serde(flatten)]
        edit: Edit,
        #[serde(rename = "l", default)]
        limit: u64,
        #[serde(rename = "b", default)]
        before_fjord: bool,
        #[serde(rename = "n")]
        count: usize,
        #[serde(rename = "r")]
        result: String,
    }
    #[derive(Deserialize)]
    struct Row {
        name: String,
        raw: String,
        cases: Vec<Case>,
    }
    for row in lines::<Row>(include_bytes!("vectors/channels.jsonl.zz")) {
        let raw = hex::decode(&row.raw).unwrap();
        for case in &row.cases {
            let limit = if case.limit == 0 { 10_000_000 } else { case.limit };
            let (mut count, mut encoded) = (0, Vec::new());
            let result = match BatchReader::new(case.edit.apply(&raw), limit, !case.before_fjord) {
                Err(_) => "closed".into(),
                Ok(mut reader) => {
                    while let Ok(Some(batch)) = reader.next_batch() {
                        let RawBatch::Singular(batch) = batch else { panic!("no such batch in the vectors") };
                        encoded.extend(batch.encode());
                        count += 1;
                    }
                    assert_eq!(reader.next_batch(), Ok(None));
                    short_hash(&encoded)
                }
            };
            assert_eq!((count, &result), (case.count, &case.result), "{} {:?}", row.name, case);
        }
    }
}

#[test]
fn frames() {
    #[derive(Deserialize)]
    struct Row {
        raw: String,
        cases: Vec<EditCase>,
    }
    for row in lines::<Row>(include_bytes!("vectors/frames.jsonl.zz")) {
        let raw = hex::decode(&row.raw).unwrap();
        for case in &row.cases {
            let result = match Frame::parse_all(&case.edit.apply(&raw)) {
                Err(_) => "invalid".into(),
                Ok(frames) => {
                    let text = |frame: &Frame| {
                        let id = hex::encode(frame.channel_id);
                        format!("{id}/{}/{}/{};", frame.number, hex::encode(&frame.data), frame.is_last)
                    };
                    short_hash(frames.iter().map(text).collect::<String>().as_bytes())
                }
            };
            assert_eq!(result, case.result, "{} {:?}", row.raw, case.edit);
        }
    }
}

#[test]
fn assembly() {
    #[derive(Debug, Deserialize)]
    struct Op {
        #[serde(rename = "n")]
        number: u16,
        #[serde(rename = "l")]
        length: usize,
        #[serde(rename = "e")]
        is_last: bool,
        ok: bool,
        #[serde(rename = "s")]
        size: u64,
        #[serde(rename = "r")]
        ready: bool,
    }
    #[derive(Debug, Deserialize)]
    struct Row {
        in_order: bool,
        ops: Vec<Op>,
    }
    for row in lines::<Row>(include_bytes!("vectors/assembly.jsonl.zz")) {
        let mut channel = Channel::new([1; 16], 0, row.in_order);
        for op in &row.ops {
            let frame = Frame {
                channel_id: [1; 16],
                number: op.number,
                data: vec![0; op.length].into(),
                is_last: op.is_last,
            };
            let result = (channel.add_frame(frame).is_ok(), channel.size(), channel.is_ready());
            assert_eq!(result, (op.ok, op.size, op.ready), "{op:?} of {row:?}");
        }
    }
}

#[test]
fn l1_attributes() {
    #[derive(Debug, Deserialize)]
    struct Row {
        forks: Vec<Option<u64>>,
        pectra: Option<u64>,
        time: u64,
        batcher: String,
        overhead: String,
        scalar: String,
        operator: (u32, u64),
        da: u16,
        seq: u64,
        number: u64,
        l1_time: u64,
        base_fee: u64,
        excess: Option<u64>,
        hash: String,
        out: String,
    }
    let l1_cfg = registry::l1_config(1).unwrap();
    for row in lines::<Row>(include_bytes!("vectors/l1_info.jsonl.zz")) {
        let mut cfg = registry::rollup_config(10).unwrap();
        cfg.forks = ForkTimes::BEDROCK;
        for (fork, time) in Fork::ALL.into_iter().zip(&row.forks) {
            cfg.forks.set(fork, *time);
        }
        cfg.pectra_blob_schedule_time = row.pectra;
        let config = SystemConfig {
            batcher_address: row.batcher.parse::<Address>().unwrap(),
            overhead: word(&row.overhead).into(),
            scalar: word(&row.scalar).into(),
            operator_fee_scalar: row.operator.0,
            operator_fee_constant: row.operator.1,
            da_footprint_gas_scalar: row.da,
            ..Default::default()
        };
        let l1 = Header {
            number: row.number,
            timestamp: row.l1_time,
            base_fee_per_gas: Some(row.base_fee),
            excess_blob_gas: row.excess,
            ..Default::default()
        };
        let deposit = l1_info_deposit(&cfg, &l1_cfg, &config, row.seq, &l1, word(&row.hash), row.time);
        let Ok(deposit) = deposit else {
            assert!(row.out.is_empty(), "{row:?}");
            continue;
        };
        assert_eq!(hex::encode(&deposit), row.out, "{row:?}");
        let header = Header { number: u64::MAX, timestamp: row.time, ..Default::default() };
        let block = L2BlockInfo::from_header_and_first_tx(B256::ZERO, &header, &deposit, &cfg).unwrap();
        assert_eq!(
            (block.l1_origin.number, block.l1_origin.hash, block.seq_num),
            (row.number, word(&row.hash), row.seq)
        );
    }
}

#[test]
fn deposits() {
    #[derive(Deserialize)]
    struct Row {
        hash: String,
        receipts: Vec<String>,
        ok: bool,
        out: Option<Vec<String>>,
    }
    let portal = address!("bEb5Fc579115071764c7423A4f12eDde41f106Ed");
    let (mut good, mut bad) = (0, 0);
    for row in lines::<Row>(include_bytes!("vectors/deposits.jsonl.zz")) {
        let receipts: Vec<Bytes> =
            row.receipts.iter().map(|receipt| hex::decode(receipt).unwrap().into()).collect();
        match user_deposits(&receipts, word(&row.hash), portal) {
            Err(_) => {
                assert!(!row.ok);
                bad += 1;
            }
            Ok(deposits) => {
                assert!(row.ok);
                let deposits: Vec<String> = deposits.iter().map(hex::encode).collect();
                assert_eq!(deposits, row.out.unwrap_or_default());
                good += deposits.len();
            }
        }
    }
    assert!(good > 50 && bad > 3, "{good} {bad}");
}
