//! Batches: the L2 blocks that a channel holds.
//!
//! A decompressed channel is a row of RLP byte strings, each a type byte and a batch of that type. Singular batches
//! describe one L2 block; span batches (from Delta) a run of blocks. Whether a batch *fits* the chain is decided by
//! derivation; this module only says what a batch says.

mod reader;
mod rlp;
mod singular;
mod span;
mod span_encode;
mod span_txs;
mod tx_format;
mod varint;

pub use reader::BatchReader;
pub use singular::SingularBatch;
pub use span::{RawSpanBatch, SpanBatch, SpanBatchElement};

use alloc::vec::Vec;

use alloy_primitives::Bytes;

use crate::RollupError;

/// Type byte of a singular batch.
pub const SINGULAR_BATCH_TYPE: u8 = 0;

/// Type byte of a span batch.
pub const SPAN_BATCH_TYPE: u8 = 1;

/// The most blocks, transactions in a block, and transactions altogether in a span batch.
pub const MAX_SPAN_BATCH_ELEMENT_COUNT: u64 = 10_000_000;

/// A batch as it lies in a channel. What derivation does with one before its fork, or with a span batch that turns out
/// malformed in [`RawSpanBatch::derive`], differs from what it does with bytes that are no batch: the former is
/// skipped, the latter ends the channel.
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawBatch {
    /// One L2 block.
    Singular(SingularBatch),
    /// A run of L2 blocks in its packed form.
    Span(RawSpanBatch),
}

impl RawBatch {
    /// Decodes a type byte and a batch of that type. Bytes after the batch are ignored.
    ///
    /// # Errors
    /// An empty input, an unknown type or a malformed batch; the channel ends there.
    pub fn decode(data: &Bytes) -> Result<Self, RollupError> {
        match *data.first().ok_or(RollupError::EmptyBatch)? {
            SINGULAR_BATCH_TYPE => SingularBatch::decode(&data.slice(1..)).map(Self::Singular),
            SPAN_BATCH_TYPE => RawSpanBatch::decode(&data.slice(1..)).map(Self::Span),
            other => Err(RollupError::BatchType(other)),
        }
    }
}

/// A batch with everything spelt out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// One L2 block.
    Singular(SingularBatch),
    /// A run of L2 blocks.
    Span(SpanBatch),
}

impl Batch {
    /// The timestamp of the batch's first block, in seconds.
    pub fn timestamp(&self) -> u64 {
        match self {
            Self::Singular(batch) => batch.timestamp,
            Self::Span(batch) => batch.batches.first().map_or(0, |element| element.timestamp),
        }
    }
}

/// Puts encoded batches (type byte first) in a row, as a channel holds them before compression.
pub fn join_batches<'a>(batches: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in batches {
        alloy_rlp::Encodable::encode(batch, &mut out);
    }
    out
}
