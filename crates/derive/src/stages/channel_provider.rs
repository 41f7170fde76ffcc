//! The channel stage in force: the channel bank, from Holocene the channel assembler.

use alloy_primitives::{Address, Bytes};
use tribunal_rollup::{BlockInfo, RollupConfig};

use super::{
    L1Inputs, channel_assembler::ChannelAssembler, channel_bank::ChannelBank, frame_queue::FrameQueue,
};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
};

/// Yields the data of complete channels.
#[derive(Clone, Debug)]
pub(super) struct ChannelProvider {
    frames: FrameQueue,
    stage: Stage,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Until Holocene.
    Bank(ChannelBank),
    /// From Holocene.
    Assembler(ChannelAssembler),
}

impl ChannelProvider {
    /// Starts at the L1 block `origin`, where `batcher` is the batcher's address.
    pub(super) fn new(config: &RollupConfig, origin: BlockInfo, batcher: Address) -> Self {
        let stage = if config.is_holocene_active(origin.timestamp) {
            Stage::Assembler(ChannelAssembler::default())
        } else {
            Stage::Bank(ChannelBank::default())
        };
        Self { frames: FrameQueue::new(origin, batcher), stage }
    }

    /// Activates Holocene: drops all frames and channels.
    pub(super) fn transform_to_holocene(&mut self) {
        self.frames.clear();
        self.stage = Stage::Assembler(ChannelAssembler::default());
    }

    /// Drops the open channel (from Holocene).
    pub(super) fn flush(&mut self) {
        if let Stage::Assembler(assembler) = &mut self.stage {
            assembler.flush();
        }
    }

    /// The data of the next complete channel, still compressed; `None` at the end of the L1 block.
    pub(super) fn next_channel(
        &mut self,
        l1: &mut L1Inputs<'_, impl ChainProvider, impl BlobProvider>,
    ) -> Result<Option<Bytes>, DeriveError> {
        let (config, origin) = (l1.config, l1.origin());
        if let Stage::Assembler(assembler) = &mut self.stage {
            assembler.expire(config, &origin);
        }
        loop {
            // The bank must be read before each frame: a channel that was not read could be evicted.
            if let Stage::Bank(bank) = &mut self.stage
                && let Some(channel) = bank.read(config, &origin)
            {
                return Ok(Some(channel));
            }
            let Some(frame) = self.frames.next_frame(l1)? else { return Ok(None) };
            match &mut self.stage {
                Stage::Bank(bank) => bank.ingest(frame, config, &origin),
                Stage::Assembler(assembler) => {
                    if let Some(channel) = assembler.ingest(frame, config, &origin) {
                        return Ok(Some(channel));
                    }
                }
            }
        }
    }
}
