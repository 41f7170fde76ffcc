//! Channels, the frames that carry them, and their compression.

pub(crate) mod compression;
pub(crate) mod frame;

use alloc::{collections::BTreeMap, vec::Vec};

use alloy_primitives::Bytes;

pub use frame::{ChannelId, DERIVATION_VERSION_0, FRAME_OVERHEAD, Frame, MAX_FRAME_LEN};

/// First byte of a channel compressed with Brotli (from Fjord); the stream follows. A zlib channel has no such byte.
pub const CHANNEL_VERSION_BROTLI: u8 = 1;

/// Why a channel refused a frame. The frame is dropped and nothing else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameRejected {
    /// The frame belongs to another channel.
    #[error("frame belongs to another channel")]
    OtherChannel,
    /// The channel already has its last frame, and this one says it is the last too.
    #[error("channel is closed already")]
    ClosedTwice,
    /// The channel already has a frame of that number.
    #[error("frame number is taken")]
    Duplicate,
    /// The channel has its last frame, and this one comes after it.
    #[error("frame lies past the end of the channel")]
    PastEnd,
    /// The channel takes frames in order only, and this is not the next one.
    #[error("frame is out of order")]
    OutOfOrder,
}

/// A channel that is being assembled. It accepts the frames of one channel until all of them are there: in any order
/// before Holocene, only in order from Holocene on.
///
/// ```
/// use alloy_primitives::Bytes;
/// use tribunal_rollup::channel::{Channel, Frame};
///
/// let mut channel = Channel::new([1; 16], 100, false);
/// for frame in Frame::split([1; 16], &Bytes::from_static(b"compressed"), 4).into_iter().rev() {
///     assert!(!channel.is_ready());
///     channel.add_frame(frame)?;
/// }
/// assert_eq!(channel.into_data(), Some(Bytes::from_static(b"compressed")));
/// # Ok::<_, tribunal_rollup::channel::FrameRejected>(())
/// ```
#[derive(Clone, Debug)]
pub struct Channel {
    id: ChannelId,
    open_block_number: u64,
    in_order: bool,
    /// Data of the frames by number.
    frames: BTreeMap<u16, Bytes>,
    size: u64,
    /// Number of the last frame, once seen.
    end: Option<u16>,
}

impl Channel {
    /// A channel opened by the L1 block `open_block_number`. With `in_order` (from Holocene) it accepts only the next
    /// frame.
    pub fn new(id: ChannelId, open_block_number: u64, in_order: bool) -> Self {
        Self { id, open_block_number, in_order, frames: BTreeMap::new(), size: 0, end: None }
    }

    /// The channel's id.
    pub fn id(&self) -> ChannelId {
        self.id
    }

    /// Number of the L1 block that opened the channel; timeouts count from there.
    pub fn open_block_number(&self) -> u64 {
        self.open_block_number
    }

    /// The size that counts against the limits, in bytes: the sum of [`Frame::size`] over its frames. A last frame
    /// can make the channel drop frames that it already has. Then the sum starts again with the last frame alone. The
    /// reference counts like this, and the sum decides which channel the bank evicts.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many frames the channel holds.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// Whether the channel has timed out at the L1 block `l1_number`.
    pub fn is_timed_out(&self, timeout: u64, l1_number: u64) -> bool {
        self.open_block_number.saturating_add(timeout) < l1_number
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// [`FrameRejected`] if the frame does not fit. Then the channel is unchanged.
    pub fn add_frame(&mut self, frame: Frame) -> Result<(), FrameRejected> {
        if frame.channel_id != self.id {
            return Err(FrameRejected::OtherChannel);
        }
        if frame.is_last && self.end.is_some() {
            return Err(FrameRejected::ClosedTwice);
        }
        if self.frames.contains_key(&frame.number) {
            return Err(FrameRejected::Duplicate);
        }
        if self.end.is_some_and(|end| frame.number >= end) {
            return Err(FrameRejected::PastEnd);
        }
        if self.in_order && usize::from(frame.number) != self.frames.len() {
            return Err(FrameRejected::OutOfOrder);
        }
        if frame.is_last {
            self.end = Some(frame.number);
            if self.frames.last_key_value().is_some_and(|(&highest, _)| highest > frame.number) {
                self.frames.split_off(&frame.number);
                self.size = 0;
            }
        }
        self.size = self.size.saturating_add(frame.size());
        self.frames.insert(frame.number, frame.data);
        Ok(())
    }

    /// Whether the last frame and all before it are there.
    pub fn is_ready(&self) -> bool {
        // No frame is past the end, so comparing the number of frames suffices.
        self.end.is_some_and(|end| self.frames.len() == usize::from(end) + 1)
    }

    /// The channel's compressed data; `None` if the channel [is not ready](Self::is_ready).
    pub fn into_data(self) -> Option<Bytes> {
        if !self.is_ready() {
            return None;
        }
        let mut parts = self.frames.into_values();
        let first = parts.next()?;
        if parts.len() == 0 {
            return Some(first);
        }
        let mut data = Vec::from(first);
        for part in parts {
            data.extend_from_slice(&part);
        }
        Some(data.into())
    }
}

/// Compresses decompressed channel data into a zlib channel; `level` is 0 (stored) to 10 (smallest).
pub fn compress_zlib(data: &[u8], level: u8) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(data, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ChannelId = [3; 16];

    fn frame(number: u16, is_last: bool) -> Frame {
        Frame { channel_id: ID, number, data: Bytes::from(alloc::vec![number as u8; 2]), is_last }
    }

    #[test]
    fn out_of_order_before_holocene_only() {
        let mut channel = Channel::new(ID, 5, false);
        channel.add_frame(frame(1, true)).unwrap();
        assert!(!channel.is_ready());
        channel.add_frame(frame(0, false)).unwrap();
        assert!(channel.is_ready());
        assert_eq!(channel.size(), 404);
        assert_eq!(channel.into_data().unwrap().as_ref(), &[0, 0, 1, 1]);

        let mut channel = Channel::new(ID, 5, true);
        assert_eq!(channel.add_frame(frame(1, true)), Err(FrameRejected::OutOfOrder));
        channel.add_frame(frame(0, false)).unwrap();
        channel.add_frame(frame(1, true)).unwrap();
        assert!(channel.is_ready());
    }

    #[test]
    fn refusals() {
        let mut channel = Channel::new(ID, 5, false);
        channel.add_frame(frame(0, false)).unwrap();
        assert_eq!(channel.add_frame(frame(0, false)), Err(FrameRejected::Duplicate));
        channel.add_frame(frame(2, true)).unwrap();
        assert_eq!(channel.add_frame(frame(2, false)), Err(FrameRejected::Duplicate));
        assert_eq!(channel.add_frame(frame(3, false)), Err(FrameRejected::PastEnd));
        assert_eq!(channel.add_frame(frame(1, true)), Err(FrameRejected::ClosedTwice));
        let other = Frame { channel_id: [0; 16], ..frame(1, false) };
        assert_eq!(channel.add_frame(other), Err(FrameRejected::OtherChannel));
        assert!(!channel.is_ready() && channel.into_data().is_none());
    }

    #[test]
    fn last_frame_drops_what_lies_past_it_and_restarts_the_weight() {
        let mut channel = Channel::new(ID, 5, false);
        for number in [0, 1, 5, 9] {
            channel.add_frame(frame(number, false)).unwrap();
        }
        assert_eq!(channel.size(), 4 * 202);
        channel.add_frame(frame(2, true)).unwrap();
        assert_eq!((channel.size(), channel.frame_count()), (202, 3));
        assert!(channel.is_ready());
    }

    #[test]
    fn timeout_is_exclusive() {
        let channel = Channel::new(ID, 100, false);
        assert!(!channel.is_timed_out(50, 150));
        assert!(channel.is_timed_out(50, 151));
    }
}
