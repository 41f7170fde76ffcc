//! Batches: the L2 blocks that a channel holds.
//!
//! A decompressed channel is a sequence of RLP byte strings. Each holds a type byte and a batch of that type. A
//! singular batch describes one L2 block, a span batch (from Delta) several consecutive blocks. This module decodes
//! batches. Derivation decides whether they are valid.

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

/// The limit of three counts in a span batch: its blocks, the transactions of one block, and all transactions.
pub const MAX_SPAN_BATCH_ELEMENT_COUNT: u64 = 10_000_000;

/// A batch as a channel stores it. Derivation skips a batch whose fork is not active, and a span batch that
/// [`RawSpanBatch::derive`] refuses. Bytes that are no batch end the channel.
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawBatch {
    /// One L2 block.
    Singular(SingularBatch),
    /// Consecutive L2 blocks in packed form.
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

/// A batch with all its values decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Batch {
    /// One L2 block.
    Singular(SingularBatch),
    /// Consecutive L2 blocks.
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

/// Joins encoded batches (type byte first) as a channel holds them before compression.
pub fn join_batches<'a>(batches: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in batches {
        alloy_rlp::Encodable::encode(batch, &mut out);
    }
    out
}
