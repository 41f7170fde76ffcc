//! Frames: the pieces of a channel that a batcher transaction carries.
//!
//! ```text
//! data  = 0x00 ++ frame ++ ... ++ frame                     (at least one)
//! frame = channel_id (16) ++ number (2) ++ length (4) ++ data (length) ++ is_last (1)
//! ```
//! All integers are big-endian. See the [specification](https://specs.optimism.io/protocol/derivation.html#frame-format).

use alloc::vec::Vec;

use alloy_primitives::{Bytes, hex};

use crate::RollupError;

/// The version byte of batcher data that holds frames.
pub const DERIVATION_VERSION_0: u8 = 0;

/// The longest data that one frame may carry, in bytes.
pub const MAX_FRAME_LEN: u32 = 1_000_000;

/// Bytes that the channel bank counts for a frame besides its data.
pub const FRAME_OVERHEAD: u64 = 200;

/// Bytes of a frame that are not data: id, number, length and the last-frame flag.
const FIXED_LEN: usize = 16 + 2 + 4 + 1;

/// A channel's id, chosen by the batcher.
pub type ChannelId = [u8; 16];

/// A piece of a channel.
///
/// ```
/// use alloy_primitives::Bytes;
/// use tribunal_rollup::channel::Frame;
///
/// let frame = Frame { channel_id: [7; 16], number: 0, data: Bytes::from_static(b"data"), is_last: true };
/// let data = Frame::encode_all([&frame]);
/// assert_eq!(Frame::parse_all(&data)?, [frame]);
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// The channel that the frame belongs to.
    pub channel_id: ChannelId,
    /// Place of the frame in its channel, from 0.
    pub number: u16,
    /// A part of the channel's compressed data.
    pub data: Bytes,
    /// Whether the channel ends with this frame.
    pub is_last: bool,
}

impl Frame {
    /// Reads the data of a batcher transaction: the version byte and at least one frame. The frames' data are slices
    /// of `data`, not copies.
    ///
    /// # Errors
    /// One malformed frame makes all of `data` invalid, as do another version or no frame at all.
    pub fn parse_all(data: &Bytes) -> Result<Vec<Self>, RollupError> {
        let (&version, mut rest) = data.split_first().ok_or(RollupError::NoFrames)?;
        if version != DERIVATION_VERSION_0 {
            return Err(RollupError::DerivationVersion(version));
        }
        let mut frames = Vec::new();
        while !rest.is_empty() {
            frames.push(Self::parse(data, &mut rest)?);
        }
        if frames.is_empty() { Err(RollupError::NoFrames) } else { Ok(frames) }
    }

    /// Takes one frame off the front of `rest`, which is a part of `whole`.
    fn parse(whole: &Bytes, rest: &mut &[u8]) -> Result<Self, RollupError> {
        let mut input = *rest;
        let channel_id = take(&mut input, "frame channel id")?;
        let number = u16::from_be_bytes(take(&mut input, "frame number")?);
        let length = u32::from_be_bytes(take(&mut input, "frame data length")?);
        if length > MAX_FRAME_LEN {
            return Err(RollupError::FrameTooLong(length));
        }
        let (data, after) =
            input.split_at_checked(length as usize).ok_or(RollupError::Truncated("frame data"))?;
        input = after;
        let [is_last] = take(&mut input, "frame is_last byte")?;
        if is_last > 1 {
            return Err(RollupError::FrameIsLast(is_last));
        }
        *rest = input;
        Ok(Self { channel_id, number, data: whole.slice_ref(data), is_last: is_last == 1 })
    }

    /// Appends the encoding of this frame to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(FIXED_LEN + self.data.len());
        out.extend_from_slice(&self.channel_id);
        out.extend_from_slice(&self.number.to_be_bytes());
        // Every reader refuses data that is too long for the field.
        out.extend_from_slice(&u32::try_from(self.data.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(&self.data);
        out.push(u8::from(self.is_last));
    }

    /// The data of a batcher transaction that holds `frames`: the inverse of [`Frame::parse_all`].
    pub fn encode_all<'a>(frames: impl IntoIterator<Item = &'a Self>) -> Bytes {
        let mut out = alloc::vec![DERIVATION_VERSION_0];
        for frame in frames {
            frame.encode(&mut out);
        }
        out.into()
    }

    /// Splits the compressed data of a channel into frames of at most `max_data_len` bytes of data each (0 counts as
    /// 1). A frame cannot have a number above 65535, so the data after that frame is left out.
    pub fn split(channel_id: ChannelId, channel: &Bytes, max_data_len: usize) -> Vec<Self> {
        let step = max_data_len.clamp(1, MAX_FRAME_LEN as usize);
        let count = channel.len().div_ceil(step).max(1);
        (0..=u16::MAX)
            .take(count)
            .map(|number| {
                let start = usize::from(number) * step;
                Self {
                    channel_id,
                    number,
                    data: channel.slice(start..channel.len().min(start + step)),
                    is_last: usize::from(number) + 1 == count,
                }
            })
            .collect()
    }

    /// The size that counts against the limits of the channel bank, in bytes.
    pub fn size(&self) -> u64 {
        self.data.len() as u64 + FRAME_OVERHEAD
    }
}

impl core::fmt::Debug for Frame {
    /// Shows the length of the data in place of the data.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Frame")
            .field("channel_id", &hex::encode(self.channel_id))
            .field("number", &self.number)
            .field("data_len", &self.data.len())
            .field("is_last", &self.is_last)
            .finish()
    }
}

/// Takes `N` bytes off the front of `input`.
pub(crate) fn take<const N: usize>(input: &mut &[u8], field: &'static str) -> Result<[u8; N], RollupError> {
    let (bytes, rest) = input.split_first_chunk().ok_or(RollupError::Truncated(field))?;
    *input = rest;
    Ok(*bytes)
}

#[cfg(test)]
mod tests {
    use alloc::{vec, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    fn frame() -> impl Strategy<Value = Frame> {
        (any::<[u8; 16]>(), any::<u16>(), prop::collection::vec(any::<u8>(), 0..80), any::<bool>()).prop_map(
            |(channel_id, number, data, is_last)| Frame { channel_id, number, data: data.into(), is_last },
        )
    }

    fn encoded(is_last: u8, length: u32, data: &[u8]) -> Bytes {
        let mut out = vec![0];
        out.extend_from_slice(&[9; 16]);
        out.extend_from_slice(&3u16.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(data);
        out.push(is_last);
        out.into()
    }

    #[test]
    fn one_bad_frame_spoils_all() {
        let good = encoded(1, 2, &[1, 2]);
        assert_eq!(Frame::parse_all(&good).unwrap().len(), 1);
        let mut two = good.to_vec();
        two.extend_from_slice(&encoded(2, 0, &[])[1..]);
        assert_eq!(Frame::parse_all(&two.into()), Err(RollupError::FrameIsLast(2)));
        let mut trailing = good.to_vec();
        trailing.push(0);
        assert!(Frame::parse_all(&trailing.into()).is_err());
    }

    #[test]
    fn limits() {
        assert_eq!(Frame::parse_all(&Bytes::new()), Err(RollupError::NoFrames));
        assert_eq!(Frame::parse_all(&vec![0].into()), Err(RollupError::NoFrames));
        assert_eq!(Frame::parse_all(&vec![1].into()), Err(RollupError::DerivationVersion(1)));
        assert_eq!(
            Frame::parse_all(&encoded(0, MAX_FRAME_LEN + 1, &[])),
            Err(RollupError::FrameTooLong(MAX_FRAME_LEN + 1))
        );
        assert!(Frame::parse_all(&encoded(0, MAX_FRAME_LEN, &vec![5; MAX_FRAME_LEN as usize])).is_ok());
    }

    #[test]
    fn split_covers_the_channel() {
        let channel: Bytes = (0..=255).collect::<Vec<u8>>().into();
        for step in [1, 7, 255, 256, 1000] {
            let frames = Frame::split([1; 16], &channel, step);
            assert_eq!(frames.iter().flat_map(|f| f.data.to_vec()).collect::<Vec<_>>(), channel.to_vec());
            assert!(frames.iter().rev().skip(1).all(|f| !f.is_last) && frames.last().unwrap().is_last);
        }
        assert_eq!(Frame::split([1; 16], &Bytes::new(), 10).len(), 1);
    }

    proptest! {
        #[test]
        fn round_trip(frames in prop::collection::vec(frame(), 1..5)) {
            prop_assert_eq!(Frame::parse_all(&Frame::encode_all(&frames)).unwrap(), frames);
        }

        #[test]
        fn never_panics(mut data in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Frame::parse_all(&data.clone().into());
            if let Some(version) = data.first_mut() { *version = 0; }
            if let Ok(frames) = Frame::parse_all(&data.clone().into()) {
                prop_assert_eq!(Frame::encode_all(&frames).to_vec(), data);
            }
        }
    }
}
