//! Span batches: consecutive L2 blocks in packed form (from Delta).
//!
//! ```text
//! prefix  = rel_timestamp ++ l1_origin_num ++ parent_check ++ l1_origin_check
//! payload = block_count ++ origin_bits ++ block_tx_counts ++ txs
//! txs     = contract_creation_bits ++ y_parity_bits ++ tx_sigs ++ tx_tos ++ tx_datas ++ tx_nonces ++ tx_gases
//!           ++ protected_bits
//! ```
//! See the [specification](https://specs.optimism.io/protocol/delta/span-batches.html).

use alloc::vec::Vec;

use alloy_primitives::{B256, Bytes};

use super::{
    MAX_SPAN_BATCH_ELEMENT_COUNT,
    span_txs::{Bitlist, Input, SpanTxs},
};
use crate::{RollupError, channel::frame::take};

/// A span batch as a channel stores it: column by column, not block by block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawSpanBatch {
    rel_timestamp: u64,
    l1_origin_num: u64,
    parent_check: [u8; 20],
    l1_origin_check: [u8; 20],
    origin_bits: Bitlist,
    block_tx_counts: Vec<u32>,
    txs: SpanTxs,
}

impl RawSpanBatch {
    /// Reads the batch without its type byte. Bytes after the batch are ignored.
    ///
    /// # Errors
    /// A field that is cut off or out of its limits. [`Self::derive`] checks the contents of the transactions.
    pub fn decode(data: &Bytes) -> Result<Self, RollupError> {
        let mut input = Input::new(data);
        let rel_timestamp = input.varint("relative timestamp")?;
        let l1_origin_num = input.varint("L1 origin number")?;
        let parent_check = take(&mut input.rest, "parent check")?;
        let l1_origin_check = take(&mut input.rest, "L1 origin check")?;
        let block_count = limited(input.varint("block count")?)?;
        if block_count == 0 {
            return Err(RollupError::EmptySpanBatch);
        }
        let origin_bits = Bitlist::read(&mut input, block_count, "origin bits")?;
        let mut block_tx_counts = Vec::new();
        let mut tx_count = 0u64;
        for _ in 0..block_count {
            let count = limited(input.varint("block transaction counts")?)?;
            tx_count += count;
            block_tx_counts.push(count as u32);
        }
        let txs = SpanTxs::read(&mut input, limited(tx_count)?)?;
        Ok(Self {
            rel_timestamp,
            l1_origin_num,
            parent_check,
            l1_origin_check,
            origin_bits,
            block_tx_counts,
            txs,
        })
    }

    /// Decodes the blocks. `block_time` and `genesis_time` (of L2, in seconds) give the timestamps. `chain_id` (of
    /// L2) gives the parts of the transactions that are not stored.
    ///
    /// # Errors
    /// A transaction that is malformed or of a type that no batch may hold. Derivation drops the batch and continues
    /// with the channel.
    pub fn derive(
        &self,
        block_time: u64,
        genesis_time: u64,
        chain_id: u64,
    ) -> Result<SpanBatch, RollupError> {
        let mut transactions = self.txs.whole(chain_id)?.into_iter();
        let first_block_starts_epoch = self.origin_bits.get(0);
        // Counting forward from the first origin gives the same numbers as counting back from the last one.
        let changes = self.origin_bits.ones() - u64::from(first_block_starts_epoch);
        let mut epoch_num = self.l1_origin_num.wrapping_sub(changes);
        let mut timestamp = genesis_time.wrapping_add(self.rel_timestamp);
        let mut batches = Vec::with_capacity(self.block_tx_counts.len());
        for (index, &count) in self.block_tx_counts.iter().enumerate() {
            if index > 0 {
                epoch_num = epoch_num.wrapping_add(u64::from(self.origin_bits.get(index)));
                timestamp = timestamp.wrapping_add(block_time);
            }
            let transactions = transactions.by_ref().take(count as usize).collect();
            batches.push(SpanBatchElement { epoch_num, timestamp, transactions });
        }
        Ok(SpanBatch {
            parent_check: self.parent_check,
            l1_origin_check: self.l1_origin_check,
            first_block_starts_epoch,
            batches,
        })
    }
}

/// One block of a span batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanBatchElement {
    /// Number of the L1 origin.
    pub epoch_num: u64,
    /// Timestamp, in seconds.
    pub timestamp: u64,
    /// The block's transactions without its deposits, each in EIP-2718 form.
    pub transactions: Vec<Bytes>,
}

/// Consecutive L2 blocks.
///
/// ```
/// use tribunal_rollup::batch::{RawBatch, SpanBatch, SpanBatchElement};
///
/// let block = |epoch_num, timestamp| SpanBatchElement { epoch_num, timestamp, transactions: vec![] };
/// let batch = SpanBatch { batches: vec![block(7, 1002), block(8, 1004)], ..Default::default() };
/// let (block_time, genesis_time, chain_id) = (2, 1000, 10);
/// let RawBatch::Span(raw) = RawBatch::decode(&batch.encode(genesis_time, chain_id)?.into())? else { panic!() };
/// assert_eq!(raw.derive(block_time, genesis_time, chain_id)?, batch);
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanBatch {
    /// The first 20 bytes of the hash of the first block's parent.
    pub parent_check: [u8; 20],
    /// The first 20 bytes of the hash of the last block's L1 origin.
    pub l1_origin_check: [u8; 20],
    /// Whether the batch says that its first block has another L1 origin than the parent. Derivation ignores this.
    pub first_block_starts_epoch: bool,
    /// The blocks; at least one in a decoded batch.
    pub batches: Vec<SpanBatchElement>,
}

impl SpanBatch {
    /// Whether the batch names the block `hash` as the parent of its first block.
    pub fn check_parent_hash(&self, hash: &B256) -> bool {
        hash[..20] == self.parent_check
    }

    /// Whether the batch names the block `hash` as the L1 origin of its last block.
    pub fn check_origin_hash(&self, hash: &B256) -> bool {
        hash[..20] == self.l1_origin_check
    }
}

fn limited(count: u64) -> Result<u64, RollupError> {
    if count > MAX_SPAN_BATCH_ELEMENT_COUNT { Err(RollupError::SpanBatchTooBig(count)) } else { Ok(count) }
}
