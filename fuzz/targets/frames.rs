//! The data of a batcher transaction: what parses is written back byte for byte, and survives a channel.
#![no_main]

use alloy_primitives::Bytes;
use libfuzzer_sys::fuzz_target;
use tribunal_rollup::channel::{Channel, Frame};

fuzz_target!(|data: &[u8]| {
    let data = Bytes::copy_from_slice(data);
    let Ok(frames) = Frame::parse_all(&data) else { return };
    assert_eq!(Frame::encode_all(&frames), data);
    for in_order in [false, true] {
        let Some(first) = frames.first() else { return };
        let mut channel = Channel::new(first.channel_id, 0, in_order);
        for frame in &frames {
            let _ = channel.add_frame(frame.clone());
        }
        assert_eq!(channel.is_ready(), channel.into_data().is_some());
    }
});
