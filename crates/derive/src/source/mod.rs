//! From L1 to batches: everything before the batch stage.
//!
//! The stages are plain state machines; [`BatchSource`] strings them together and pulls: a batch from the channel under
//! way, else a channel out of frames, else frames out of batcher data, else batcher data out of the L1 block that the
//! [traversal](traversal) is at. When that block is used up the source yields nothing until it is
//! [advanced](BatchSource::advance).

pub(crate) mod batcher_data;
pub(crate) mod blob;
pub(crate) mod channel_assembler;
pub(crate) mod channel_bank;
pub(crate) mod frame_queue;
pub(crate) mod transaction;
pub(crate) mod traversal;

use alloc::sync::Arc;

use alloy_primitives::Bytes;
use tribunal_rollup::{
    BlockInfo, RollupConfig, SystemConfig,
    batch::{Batch, BatchReader, RawBatch},
    channel::Frame,
};

use self::{
    batcher_data::BatcherData, channel_assembler::ChannelAssembler, channel_bank::ChannelBank,
    frame_queue::FrameQueue, traversal::Traversal,
};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
};

/// Yields the batches of L1 in the order in which they become readable.
#[derive(Debug)]
pub(crate) struct BatchSource {
    config: Arc<RollupConfig>,
    traversal: Traversal,
    /// Whether the block that the traversal is at can still be opened.
    unopened: bool,
    data: Option<BatcherData>,
    frames: FrameQueue,
    channels: ChannelStage,
    reader: Option<BatchReader>,
}

/// The channel stage in force.
#[derive(Clone, Debug)]
enum ChannelStage {
    Bank(ChannelBank),
    Assembler(ChannelAssembler),
}

impl BatchSource {
    /// A source that starts at the L1 block `origin` with its `system_config`.
    pub(crate) fn new(config: Arc<RollupConfig>, origin: BlockInfo, system_config: SystemConfig) -> Self {
        let channels = if config.is_holocene_active(origin.timestamp) {
            ChannelStage::Assembler(ChannelAssembler::default())
        } else {
            ChannelStage::Bank(ChannelBank::default())
        };
        Self {
            // The reference opens the starting block at once and still lets it be opened once more, should the block
            // be asked for again before L1 goes on. Its batches are read twice then.
            data: Some(BatcherData::new(origin, system_config.batcher_address)),
            unopened: true,
            traversal: Traversal::new(&config, origin, system_config),
            frames: FrameQueue::default(),
            channels,
            reader: None,
            config,
        }
    }

    /// The L1 block that the source is at.
    pub(crate) fn origin(&self) -> BlockInfo {
        self.traversal.origin()
    }

    /// Goes to the next L1 block, `false` at the L1 head. To be called when nothing more comes out of this one.
    pub(crate) fn advance(&mut self, l1: &mut impl ChainProvider) -> Result<bool, DeriveError> {
        let advanced = self.traversal.advance(&self.config, l1)?;
        self.unopened |= advanced;
        Ok(advanced)
    }

    /// Activates Holocene: frames and channels under way are dropped, and the channel assembler takes over.
    pub(crate) fn transform_to_holocene(&mut self) {
        self.frames.clear();
        self.channels = ChannelStage::Assembler(ChannelAssembler::default());
    }

    /// Drops the channel under way, and what is left of the one being read.
    pub(crate) fn flush_channel(&mut self) {
        self.reader = None;
        if let ChannelStage::Assembler(assembler) = &mut self.channels {
            assembler.flush();
        }
    }

    /// The next batch, or nothing when the L1 block is used up. Malformed batches and channels are passed over.
    pub(crate) fn next_batch(
        &mut self,
        l1: &mut impl ChainProvider,
        blobs: &mut impl BlobProvider,
    ) -> Result<Option<Batch>, DeriveError> {
        loop {
            let origin = self.origin();
            if self.reader.is_none() {
                let Some(channel) = self.next_channel(l1, blobs)? else { return Ok(None) };
                let limit = self.config.max_rlp_bytes_per_channel(origin.timestamp);
                match BatchReader::new(channel, limit, self.config.is_fjord_active(origin.timestamp)) {
                    Ok(reader) => self.reader = Some(reader),
                    Err(error) => tracing::debug!(%error, "channel dropped"),
                }
            }
            let _span = tracing::debug_span!("channel").entered();
            let Some(reader) = &mut self.reader else { continue };
            let batch = reader.next_batch().unwrap_or_else(|error| {
                tracing::debug!(%error, "rest of the channel dropped");
                None
            });
            match batch {
                None => self.reader = None,
                Some(RawBatch::Singular(batch)) => return Ok(Some(Batch::Singular(batch))),
                // What is wrong with a span batch past its encoding costs that batch only, not the channel.
                Some(RawBatch::Span(_)) if !self.config.is_delta_active(origin.timestamp) => {
                    tracing::debug!("span batch before Delta dropped");
                }
                Some(RawBatch::Span(raw)) => match raw.derive(
                    self.config.block_time,
                    self.config.genesis.l2_time,
                    self.config.l2_chain_id,
                ) {
                    Ok(batch) => return Ok(Some(Batch::Span(batch))),
                    Err(error) => tracing::debug!(%error, "malformed span batch dropped"),
                },
            }
        }
    }

    /// Uses up the L1 block without regard to its batches: they are of no use while the safe head's L1 origin lies
    /// ahead. Channels that are complete are let go unread.
    pub(crate) fn drain(
        &mut self,
        l1: &mut impl ChainProvider,
        blobs: &mut impl BlobProvider,
    ) -> Result<(), DeriveError> {
        self.reader = None;
        while self.next_channel(l1, blobs)?.is_some() {}
        Ok(())
    }

    /// The data of the next complete channel.
    fn next_channel(
        &mut self,
        l1: &mut impl ChainProvider,
        blobs: &mut impl BlobProvider,
    ) -> Result<Option<Bytes>, DeriveError> {
        let origin = self.origin();
        if let ChannelStage::Assembler(assembler) = &mut self.channels {
            assembler.expire(&self.config, &origin);
        }
        loop {
            // The bank wants to be read before it is fed.
            if let ChannelStage::Bank(bank) = &mut self.channels
                && let Some(channel) = bank.read(&self.config, &origin)
            {
                return Ok(Some(channel));
            }
            let Some(frame) = self.next_frame(l1, blobs)? else { return Ok(None) };
            match &mut self.channels {
                ChannelStage::Bank(bank) => bank.ingest(frame, &self.config, &origin),
                ChannelStage::Assembler(assembler) => {
                    if let Some(channel) = assembler.ingest(frame, &self.config, &origin) {
                        return Ok(Some(channel));
                    }
                }
            }
        }
    }

    fn next_frame(
        &mut self,
        l1: &mut impl ChainProvider,
        blobs: &mut impl BlobProvider,
    ) -> Result<Option<Frame>, DeriveError> {
        loop {
            if let Some(frame) = self.frames.pop() {
                return Ok(Some(frame));
            }
            let Some(data) = self.next_data(l1, blobs)? else { return Ok(None) };
            self.frames.load(&data, self.config.is_holocene_active(self.origin().timestamp));
        }
    }

    fn next_data(
        &mut self,
        l1: &mut impl ChainProvider,
        blobs: &mut impl BlobProvider,
    ) -> Result<Option<Bytes>, DeriveError> {
        if self.data.is_none() {
            if !self.unopened {
                return Ok(None);
            }
            self.unopened = false;
            let batcher = self.traversal.system_config().batcher_address;
            self.data = Some(BatcherData::new(self.origin(), batcher));
        }
        let Some(data) = &mut self.data else { return Ok(None) };
        let next = data.next(&self.config, l1, blobs)?;
        if next.is_none() {
            self.data = None;
        }
        Ok(next)
    }
}
