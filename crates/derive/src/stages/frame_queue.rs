//! The frame queue: parses frames, and from Holocene drops those that break the order.
//! See the [specification](https://specs.optimism.io/protocol/derivation.html#frame-queue).

use alloc::{collections::VecDeque, vec::Vec};

use alloy_primitives::{Address, Bytes};
use tribunal_rollup::{BlockInfo, channel::Frame};

use super::{L1Inputs, l1_retrieval::L1Retrieval};
use crate::{
    error::DeriveError,
    providers::{BlobProvider, ChainProvider},
};

/// Yields frames.
#[derive(Clone, Debug)]
pub(super) struct FrameQueue {
    retrieval: L1Retrieval,
    /// The rest of the frames of one piece of batcher data.
    frames: VecDeque<Frame>,
}

impl FrameQueue {
    /// Starts at the L1 block `origin`, where `batcher` is the batcher's address.
    pub(super) fn new(origin: BlockInfo, batcher: Address) -> Self {
        Self { retrieval: L1Retrieval::new(origin, batcher), frames: VecDeque::new() }
    }

    /// The next frame; `None` at the end of the L1 block.
    pub(super) fn next_frame(
        &mut self,
        l1: &mut L1Inputs<'_, impl ChainProvider, impl BlobProvider>,
    ) -> Result<Option<Frame>, DeriveError> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Ok(Some(frame));
            }
            let Some(data) = self.retrieval.next_data(l1)? else { return Ok(None) };
            self.frames = frames(&data, l1.config.is_holocene_active(l1.origin().timestamp)).into();
        }
    }

    /// Drops all frames.
    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }
}

/// The frames of one transaction's calldata or of one blob; none if one of them is malformed. With `holocene`, frames that
/// break the [ordering rules](https://specs.optimism.io/protocol/holocene/derivation.html#frame-queue) are dropped.
fn frames(data: &Bytes, holocene: bool) -> Vec<Frame> {
    match Frame::parse_all(data) {
        Ok(frames) if holocene => prune(frames),
        Ok(frames) => frames,
        Err(error) => {
            tracing::debug!(%error, "batcher data dropped");
            Vec::new()
        }
    }
}

/// Keeps the frames that follow one another: each is the first of a channel, or the next of the open channel. When a channel
/// begins while another is open, the open one is removed, frame by frame from its end.
fn prune(frames: Vec<Frame>) -> Vec<Frame> {
    let mut kept: Vec<Frame> = Vec::with_capacity(frames.len());
    for frame in frames {
        while abandons(kept.last(), &frame) {
            kept.pop();
        }
        if follows(kept.last(), &frame) {
            kept.push(frame);
        }
    }
    kept
}

/// Whether `next` begins a channel while `last` leaves another one open.
fn abandons(last: Option<&Frame>, next: &Frame) -> bool {
    last.is_some_and(|last| last.channel_id != next.channel_id && next.number == 0 && !last.is_last)
}

/// Whether `next` may follow `last`. The first frame may have any number: the one before it can be in earlier data.
fn follows(last: Option<&Frame>, next: &Frame) -> bool {
    match last {
        None => true,
        Some(last) if last.channel_id == next.channel_id => {
            // Numbers wrap here, as they do in the reference.
            !last.is_last && last.number.wrapping_add(1) == next.number
        }
        Some(_) => next.number == 0,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    /// A frame, written as channel, number and whether it is the last: `a0`, `a1!`.
    fn frame(text: &str) -> Frame {
        let digits = text[1..].trim_end_matches('!');
        Frame {
            channel_id: [text.as_bytes()[0]; 16],
            number: digits.parse().unwrap(),
            data: Bytes::new(),
            is_last: text.ends_with('!'),
        }
    }

    fn pruned(text: &str) -> Vec<Frame> {
        prune(text.split_whitespace().map(frame).collect())
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(pruned(text), expected.split_whitespace().map(frame).collect::<Vec<_>>(), "{text}");
    }

    #[test]
    fn keeps_what_is_in_order() {
        check("", "");
        check("a0 a1 a2!", "a0 a1 a2!");
        check("a0 a1! b0! c0 c1", "a0 a1! b0! c0 c1");
        check("a7 a8! b0", "a7 a8! b0");
        check("a65535 a0", "a65535 a0");
    }

    #[test]
    fn drops_what_does_not_follow() {
        check("a0 a2 a1 a2!", "a0 a1 a2!");
        check("a0 a0 a1", "a0 a1");
        check("a0! a1 a2!", "a0!");
        check("a0! b1 b2!", "a0!");
    }

    #[test]
    fn a_new_channel_ends_an_open_one() {
        check("a0 a1 b0 b1!", "b0 b1!");
        check("a0! b0 b1 c0", "a0! c0");
        check("a0 b1 a1!", "a0 a1!");
        check("a3 a4 b0", "b0");
    }

    #[test]
    fn without_holocene_everything_is_kept() {
        let all: Vec<_> = ["a1", "b0", "a0", "a0"].map(frame).into();
        let data = Frame::encode_all(&all);
        assert_eq!(frames(&data, false), all);
        assert_eq!(frames(&data, true), [frame("a0")]);
    }

    #[test]
    fn malformed_data_holds_no_frames() {
        for data in [vec![], vec![0], vec![1, 2, 3], vec![0; 30]] {
            assert_eq!(frames(&data.into(), true), []);
        }
    }

    /// The reference's algorithm: compares neighbours in place and steps back when it removes one.
    fn prune_in_place(mut frames: Vec<Frame>) -> Vec<Frame> {
        let mut i = 0;
        while i + 1 < frames.len() {
            let (current, next) = (&frames[i], &frames[i + 1]);
            if current.channel_id == next.channel_id {
                if current.is_last || next.number != current.number.wrapping_add(1) {
                    frames.remove(i + 1);
                    continue;
                }
            } else if next.number == 0 && !current.is_last {
                frames.remove(i);
                i = i.saturating_sub(1);
                continue;
            } else if next.number != 0 {
                frames.remove(i + 1);
                continue;
            }
            i += 1;
        }
        frames
    }

    proptest! {
        #[test]
        fn prunes_like_the_reference(frames in prop::collection::vec((0u8..3, 0u16..4, any::<bool>()), 0..40)) {
            let frames: Vec<_> = frames
                .into_iter()
                .map(|(id, number, is_last)| Frame { channel_id: [id; 16], number, data: Bytes::new(), is_last })
                .collect();
            prop_assert_eq!(prune(frames.clone()), prune_in_place(frames));
        }

        #[test]
        fn never_panics(data in prop::collection::vec(any::<u8>(), 0..100), holocene: bool) {
            frames(&data.into(), holocene);
        }
    }
}
