//! The channel assembler, in force from Holocene: one channel at a time, its frames in order.
//! See the [specification](https://specs.optimism.io/protocol/holocene/derivation.html#channel-bank).

use alloy_primitives::Bytes;
use tribunal_rollup::{
    BlockInfo, RollupConfig,
    channel::{Channel, Frame},
};

/// The open channel, if any.
#[derive(Clone, Debug, Default)]
pub(super) struct ChannelAssembler {
    channel: Option<Channel>,
}

impl ChannelAssembler {
    /// Drops the channel if it has timed out at the L1 block `origin`.
    pub(super) fn expire(&mut self, config: &RollupConfig, origin: &BlockInfo) {
        let timeout = config.channel_timeout(origin.timestamp);
        if self.channel.as_ref().is_some_and(|channel| channel.is_timed_out(timeout, origin.number)) {
            tracing::debug!(origin = origin.number, "channel timed out");
            self.channel = None;
        }
    }

    /// Adds a frame from the L1 block `origin`. Yields the channel's data when the frame completes the channel.
    pub(super) fn ingest(
        &mut self,
        frame: Frame,
        config: &RollupConfig,
        origin: &BlockInfo,
    ) -> Option<Bytes> {
        let is_last = frame.is_last;
        if frame.number == 0 {
            // A first frame always opens a channel, and drops the one that was open.
            self.channel = Some(Channel::new(frame.channel_id, origin.number, true));
        }
        let Some(channel) = &mut self.channel else {
            tracing::debug!(number = frame.number, "frame without an open channel dropped");
            return None;
        };
        if let Err(error) = channel.add_frame(frame) {
            tracing::debug!(%error, "frame dropped");
            return None;
        }
        if channel.size() > config.max_rlp_bytes_per_channel(origin.timestamp) {
            tracing::debug!("oversized channel dropped");
            self.channel = None;
            return None;
        }
        if is_last { self.channel.take()?.into_data() } else { None }
    }

    /// Drops the open channel.
    pub(super) fn flush(&mut self) {
        self.channel = None;
    }
}

#[cfg(test)]
mod tests {
    use tribunal_rollup::Fork;

    use super::*;
    use crate::testing::{config, l1_block};

    fn frame(id: u8, number: u16, is_last: bool) -> Frame {
        Frame { channel_id: [id; 16], number, data: Bytes::from(alloc::vec![id; 3]), is_last }
    }

    /// Adds `frames` from the L1 block 1. Returns the lengths of the channels that they complete.
    fn feed(frames: impl IntoIterator<Item = Frame>) -> alloc::vec::Vec<usize> {
        let config = config(Fork::Holocene);
        let mut assembler = ChannelAssembler::default();
        frames
            .into_iter()
            .filter_map(|frame| assembler.ingest(frame, &config, &l1_block(1)))
            .map(|channel| channel.len())
            .collect()
    }

    #[test]
    fn puts_frames_together_in_order() {
        assert_eq!(feed([frame(1, 0, false), frame(1, 1, true), frame(2, 0, true)]), [6, 3]);
    }

    #[test]
    fn frames_out_of_place_are_dropped_alone() {
        assert_eq!(feed([frame(1, 1, true)]), [0; 0], "no channel yet");
        assert_eq!(feed([frame(1, 0, false), frame(1, 2, true), frame(2, 1, true), frame(1, 1, true)]), [6]);
    }

    #[test]
    fn a_first_frame_replaces_the_channel() {
        assert_eq!(feed([frame(1, 0, false), frame(2, 0, false), frame(1, 1, true), frame(2, 1, true)]), [6]);
        assert_eq!(feed([frame(1, 0, false), frame(1, 0, false), frame(1, 1, true)]), [6]);
    }

    #[test]
    fn channels_time_out() {
        let config = config(Fork::Holocene);
        for (blocks, complete) in
            [(config.granite_channel_timeout, true), (config.granite_channel_timeout + 1, false)]
        {
            let mut assembler = ChannelAssembler::default();
            assert_eq!(assembler.ingest(frame(1, 0, false), &config, &l1_block(1)), None);
            let later = l1_block(1 + blocks);
            assembler.expire(&config, &later);
            assert_eq!(assembler.ingest(frame(1, 1, true), &config, &later).is_some(), complete);
        }
    }

    #[test]
    fn flushing_drops_the_channel() {
        let config = config(Fork::Holocene);
        let mut assembler = ChannelAssembler::default();
        assembler.ingest(frame(1, 0, false), &config, &l1_block(1));
        assembler.flush();
        assert_eq!(assembler.ingest(frame(1, 1, true), &config, &l1_block(1)), None);
    }
}
