//! The batcher: encodes L2 blocks as batches, channels, frames, and L1 transactions.

use alloy_primitives::{Address, Bytes};
use std::{collections::VecDeque, io::Write};
use tribunal_rollup::{
    RollupError,
    batch::{SingularBatch, SpanBatch, SpanBatchElement, join_batches},
    channel::Frame,
};

use crate::{
    accounts::Account, blob_codec, error::TestkitError, l1::L1Chain, options::Batches, rng::Rng,
    sequencer::Block,
};

/// The parameters by which the chain encodes and sends batches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChainParameters {
    pub(crate) genesis_time: u64,
    pub(crate) genesis_number: u64,
    pub(crate) l2_chain_id: u64,
    pub(crate) inbox: Address,
    pub(crate) batches: Batches,
}

/// Posts L2 blocks to L1, in order.
#[derive(Debug)]
pub(crate) struct Batcher {
    parameters: ChainParameters,
    pub(crate) account: Account,
    /// L1 transactions that are not posted yet: the payload, and the L2 block (counted from genesis) that it completes.
    queue: VecDeque<Payload>,
    /// The last L2 block that L1 completes, counted from genesis.
    pub(crate) safe: u64,
}

#[derive(Debug)]
struct Payload {
    data: Vec<Bytes>,
    as_blobs: bool,
    completes: Option<u64>,
}

impl Batcher {
    pub(crate) fn new(parameters: ChainParameters, account: Account) -> Self {
        Self { parameters, account, queue: VecDeque::new(), safe: 0 }
    }

    /// Whether everything that was queued is on L1.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty()
    }

    /// Makes a channel of `blocks`, which follow the ones queued before, and queues its frames.
    pub(crate) fn queue(&mut self, rng: &mut Rng, blocks: &[Block], fjord: bool) -> Result<(), TestkitError> {
        let Some(last) = blocks.last() else { return Ok(()) };
        let batches = if rng.one_in(2) {
            vec![self.span(blocks)?]
        } else {
            blocks.iter().map(|block| singular(block).encode()).collect()
        };
        let stream = join_batches(batches.iter().map(Vec::as_slice));
        let channel: Bytes = compress(rng, &stream, fjord)?.into();
        let mut id = [0u8; 16];
        id.copy_from_slice(&rng.b256()[..16]);
        let as_blobs = self.parameters.batches.as_blobs(!rng.one_in(3));
        let most = if as_blobs { blob_codec::MAX_BLOB_DATA - 100 } else { 60_000 };
        let frames = Frame::split(id, &channel, rng.range(500, most as u64) as usize);
        let per_payload = rng.range(1, 4) as usize;
        let payloads = frames.chunks(per_payload).map(|frames| pack(frames, as_blobs));
        let first_new = self.queue.len();
        self.queue.extend(payloads);
        if let Some(payload) = self.queue.iter_mut().skip(first_new).next_back() {
            payload.completes = Some(last.header.number - self.parameters.genesis_number);
        }
        Ok(())
    }

    /// Posts a part of the queue in the next L1 block; with `all`, as much as fits.
    pub(crate) fn post(&mut self, rng: &mut Rng, l1: &mut L1Chain, all: bool) -> Result<(), TestkitError> {
        let most = if all { usize::MAX } else { rng.range(0, 4) as usize };
        for _ in 0..most {
            let fits = |payload: &Payload| !payload.as_blobs || payload.data.len() as u64 <= l1.blob_room();
            let Some(payload) = self.queue.pop_front_if(|payload| fits(payload)) else { break };
            if payload.as_blobs {
                let blobs: Vec<_> = payload.data.iter().map(|data| blob_codec::encode(data)).collect();
                l1.send_blobs(&mut self.account, self.parameters.inbox, &blobs)?;
            } else {
                for data in payload.data {
                    l1.send(&mut self.account, self.parameters.inbox, data, Vec::new());
                }
            }
            self.safe = payload.completes.unwrap_or(self.safe);
        }
        Ok(())
    }

    fn span(&self, blocks: &[Block]) -> Result<Vec<u8>, RollupError> {
        let first = &blocks[0];
        let last = &blocks[blocks.len() - 1];
        let mut batch = SpanBatch::default();
        batch.parent_check.copy_from_slice(&first.header.parent_hash[..20]);
        batch.l1_origin_check.copy_from_slice(&last.info.l1_origin.hash[..20]);
        batch.first_block_starts_epoch = first.info.seq_num == 0;
        batch.batches = blocks
            .iter()
            .map(|block| SpanBatchElement {
                epoch_num: block.info.l1_origin.number,
                timestamp: block.header.timestamp,
                transactions: block.batched.clone(),
            })
            .collect();
        batch.encode(self.parameters.genesis_time, self.parameters.l2_chain_id)
    }
}

fn singular(block: &Block) -> SingularBatch {
    SingularBatch {
        parent_hash: block.header.parent_hash,
        epoch_num: block.info.l1_origin.number,
        epoch_hash: block.info.l1_origin.hash,
        timestamp: block.header.timestamp,
        transactions: block.batched.clone(),
    }
}

/// The payload of one L1 transaction: all frames in calldata, or each in a blob.
fn pack(frames: &[Frame], as_blobs: bool) -> Payload {
    let data = if as_blobs {
        frames.iter().map(|frame| Frame::encode_all([frame])).collect()
    } else {
        vec![Frame::encode_all(frames)]
    };
    Payload { data, as_blobs, completes: None }
}

/// Compresses a channel: zlib, or from Fjord Brotli after its version byte.
fn compress(rng: &mut Rng, stream: &[u8], fjord: bool) -> Result<Vec<u8>, TestkitError> {
    if fjord && rng.one_in(2) {
        let mut out = vec![1u8];
        let mut encoder = brotli::CompressorWriter::new(&mut out, 4096, 5, 18);
        encoder.write_all(stream)?;
        drop(encoder);
        return Ok(out);
    }
    Ok(miniz_oxide::deflate::compress_to_vec_zlib(stream, 6))
}
