//! The channel bank, in force until Holocene: many channels at once, their frames in any order.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#channel-bank).

use alloc::collections::{BTreeMap, VecDeque};

use alloy_primitives::Bytes;
use tribunal_rollup::{
    BlockInfo, RollupConfig,
    channel::{Channel, ChannelId, Frame},
};

/// The open channels, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct ChannelBank {
    channels: BTreeMap<ChannelId, Channel>,
    queue: VecDeque<ChannelId>,
    /// Sum of the channels' sizes, in bytes as the specification counts them.
    size: u64,
    /// How many channels are complete. If none is, there is nothing to search.
    ready: usize,
}

impl ChannelBank {
    /// Adds a frame from the L1 block `origin`, then evicts the oldest channels while the bank is too big.
    ///
    /// Before it adds the next frame, the caller calls [`Self::read`] until that yields `None`: a channel that was
    /// not read could be evicted.
    pub(super) fn ingest(&mut self, frame: Frame, config: &RollupConfig, origin: &BlockInfo) {
        let id = frame.channel_id;
        let channel = self.channels.entry(id).or_insert_with(|| {
            self.queue.push_back(id);
            Channel::new(id, origin.number, false)
        });
        if channel.is_timed_out(config.channel_timeout(origin.timestamp), origin.number) {
            return;
        }
        let (size, ready) = (channel.size(), channel.is_ready());
        if let Err(error) = channel.add_frame(frame) {
            tracing::debug!(%error, "frame dropped");
            return;
        }
        self.size = (self.size - size).saturating_add(channel.size());
        self.ready += usize::from(channel.is_ready() && !ready);
        self.prune(config.max_channel_bank_size(origin.timestamp));
    }

    fn prune(&mut self, limit: u64) {
        while self.size > limit && !self.queue.is_empty() {
            self.remove(0);
        }
    }

    /// Removes a complete channel and yields its data: before Canyon the oldest channel only, from Canyon the oldest
    /// complete one. Timed-out channels at the front of the queue are dropped.
    pub(super) fn read(&mut self, config: &RollupConfig, origin: &BlockInfo) -> Option<Bytes> {
        let timeout = config.channel_timeout(origin.timestamp);
        let timed_out = |channel: &Channel| channel.is_timed_out(timeout, origin.number);
        while self.at(0).is_some_and(timed_out) {
            self.remove(0);
        }
        if self.ready == 0 {
            return None;
        }
        let reach = if config.is_canyon_active(origin.timestamp) { self.queue.len() } else { 1 };
        let readable = |channel: &Channel| channel.is_ready() && !timed_out(channel);
        let index = (0..reach).find(|&index| self.at(index).is_some_and(readable))?;
        self.remove(index)?.into_data()
    }

    fn at(&self, index: usize) -> Option<&Channel> {
        self.channels.get(self.queue.get(index)?)
    }

    fn remove(&mut self, index: usize) -> Option<Channel> {
        let channel = self.channels.remove(&self.queue.remove(index)?)?;
        self.size -= channel.size();
        self.ready -= usize::from(channel.is_ready());
        Some(channel)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;
    use tribunal_rollup::Fork;

    use super::*;
    use crate::testing::{config, l1_block};

    fn frame(id: u8, number: u16, is_last: bool) -> Frame {
        Frame { channel_id: [id; 16], number, data: Bytes::from(alloc::vec![id; 3]), is_last }
    }

    /// A bank to which `frames` were added from the L1 block 1.
    fn fed(config: &RollupConfig, frames: impl IntoIterator<Item = Frame>) -> ChannelBank {
        let mut bank = ChannelBank::default();
        for frame in frames {
            bank.ingest(frame, config, &l1_block(1));
        }
        bank
    }

    /// Reads all channels. Returns their first bytes, which are their ids.
    fn read_all(bank: &mut ChannelBank, config: &RollupConfig, number: u64) -> Vec<u8> {
        core::iter::from_fn(|| bank.read(config, &l1_block(number))).map(|channel| channel[0]).collect()
    }

    #[test]
    fn frames_come_in_any_order() {
        let config = config(Fork::Granite);
        let mut bank = fed(&config, [frame(1, 1, true), frame(2, 0, false), frame(1, 0, false)]);
        assert_eq!(bank.read(&config, &l1_block(1)).unwrap().len(), 6);
        assert_eq!(bank.read(&config, &l1_block(1)), None);
        assert_eq!(bank.size, 203);
    }

    #[test]
    fn from_canyon_complete_channels_overtake() {
        let frames = || [frame(1, 0, false), frame(2, 0, true), frame(3, 0, true)];
        let canyon = config(Fork::Canyon);
        assert_eq!(read_all(&mut fed(&canyon, frames()), &canyon, 1), [2, 3]);
        let regolith = config(Fork::Regolith);
        let mut bank = fed(&regolith, frames());
        assert_eq!(read_all(&mut bank, &regolith, 1), [0; 0]);
        bank.ingest(frame(1, 1, true), &regolith, &l1_block(1));
        assert_eq!(read_all(&mut bank, &regolith, 1), [1, 2, 3]);
    }

    #[test]
    fn timed_out_channels_make_way() {
        let config = config(Fork::Regolith);
        let mut bank = fed(&config, [frame(1, 0, false)]);
        bank.ingest(frame(2, 0, true), &config, &l1_block(2));
        assert_eq!(read_all(&mut bank, &config, 7), [0; 0]);
        // Too late, though the channel is still there.
        bank.ingest(frame(1, 1, true), &config, &l1_block(8));
        assert_eq!(read_all(&mut bank, &config, 8), [2]);
        assert_eq!(bank.size, 0);
    }

    #[test]
    fn the_oldest_are_evicted_first() {
        let config = config(Fork::Regolith);
        let big = |id| Frame { data: Bytes::from(alloc::vec![id; 40_000_000]), ..frame(id, 0, true) };
        let mut bank = fed(&config, [big(1), big(2), big(3)]);
        assert_eq!(bank.size, 80_000_400);
        assert_eq!(read_all(&mut bank, &config, 1), [2, 3]);
    }

    proptest! {
        /// The running totals are right after any frames.
        #[test]
        fn counts_right(frames in prop::collection::vec((0u8..4, 0u16..4, any::<bool>(), 0u64..3), 0..60)) {
            let config = config(Fork::Granite);
            let (mut bank, mut number) = (ChannelBank::default(), 1);
            for (id, frame_number, is_last, step) in frames {
                number += step;
                bank.ingest(frame(id, frame_number, is_last), &config, &l1_block(number));
                let channels = || bank.channels.values();
                prop_assert_eq!(bank.size, channels().map(Channel::size).sum::<u64>());
                prop_assert_eq!(bank.ready, channels().filter(|channel| channel.is_ready()).count());
                prop_assert_eq!(bank.channels.len(), bank.queue.len());
                bank.read(&config, &l1_block(number));
            }
        }
    }
}
