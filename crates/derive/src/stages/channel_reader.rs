//! The channel reader: decompresses channels and decodes their batches.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#channel-reader-batch-decoding).

use alloy_primitives::{Address, Bytes};
use tribunal_rollup::{
    BlockInfo, RollupConfig,
    batch::{Batch, BatchReader, RawBatch},
};

use super::{L1Inputs, channel_provider::ChannelProvider};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
};

/// Yields the batches of L1 in the order in which their channels become readable.
#[derive(Debug)]
pub(crate) struct ChannelReader {
    channels: ChannelProvider,
    /// The channel that is being read.
    reader: Option<BatchReader>,
}

impl ChannelReader {
    /// Starts at the L1 block `origin`, where `batcher` is the batcher's address.
    pub(crate) fn new(config: &RollupConfig, origin: BlockInfo, batcher: Address) -> Self {
        Self { channels: ChannelProvider::new(config, origin, batcher), reader: None }
    }

    /// Activates Holocene: drops all frames and channels except the one that is being read.
    pub(crate) fn transform_to_holocene(&mut self) {
        self.channels.transform_to_holocene();
    }

    /// Drops the open channel, and the rest of the one that is being read.
    pub(crate) fn flush_channel(&mut self) {
        self.reader = None;
        self.channels.flush();
    }

    /// The next batch; `None` at the end of the L1 block. Skips malformed batches and channels.
    pub(crate) fn next_batch(
        &mut self,
        l1: &mut L1Inputs<'_, impl ChainProvider, impl BlobProvider>,
    ) -> Result<Option<Batch>, DeriveError> {
        loop {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                none => {
                    let Some(channel) = self.channels.next_channel(l1)? else { return Ok(None) };
                    let Some(reader) = open(channel, l1.config, l1.origin().timestamp) else { continue };
                    none.insert(reader)
                }
            };
            let _span = tracing::debug_span!("channel").entered();
            let batch = reader.next_batch().unwrap_or_else(|error| {
                tracing::debug!(%error, "rest of the channel dropped");
                None
            });
            match batch {
                None => self.reader = None,
                Some(batch) => {
                    if let Some(batch) = decode(batch, l1.config, l1.origin().timestamp) {
                        return Ok(Some(batch));
                    }
                }
            }
        }
    }

    /// Reads the rest of the L1 block and drops its channels unread: their batches are too old, because the L1 origin of
    /// the safe head is a later block.
    pub(crate) fn drain(
        &mut self,
        l1: &mut L1Inputs<'_, impl ChainProvider, impl BlobProvider>,
    ) -> Result<(), DeriveError> {
        self.reader = None;
        while self.channels.next_channel(l1)?.is_some() {}
        Ok(())
    }
}

/// Opens a channel that became readable at the L1 time `timestamp`.
fn open(channel: Bytes, config: &RollupConfig, timestamp: u64) -> Option<BatchReader> {
    let limit = config.max_rlp_bytes_per_channel(timestamp);
    BatchReader::new(channel, limit, config.is_fjord_active(timestamp))
        .inspect_err(|error| tracing::debug!(%error, "channel dropped"))
        .ok()
}

/// Decodes a batch at the L1 time `timestamp`. An error in the contents of a span batch drops that batch, not the
/// channel.
fn decode(batch: RawBatch, config: &RollupConfig, timestamp: u64) -> Option<Batch> {
    match batch {
        RawBatch::Singular(batch) => Some(Batch::Singular(batch)),
        RawBatch::Span(_) if !config.is_delta_active(timestamp) => {
            tracing::debug!("span batch before Delta dropped");
            None
        }
        RawBatch::Span(raw) => raw
            .derive(config.block_time, config.genesis.l2_time, config.l2_chain_id)
            .inspect_err(|error| tracing::debug!(%error, "malformed span batch dropped"))
            .map(Batch::Span)
            .ok(),
    }
}
