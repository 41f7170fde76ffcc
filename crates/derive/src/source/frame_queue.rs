//! The frame queue: frames out of batcher data, in order, and from Holocene only those that can belong to a channel.

use alloc::{collections::VecDeque, vec::Vec};

use alloy_primitives::Bytes;
use tribunal_rollup::channel::Frame;

/// Frames of one piece of batcher data that wait for the channel stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrameQueue {
    frames: VecDeque<Frame>,
}

impl FrameQueue {
    /// Takes in the frames of `data`; data with a malformed frame counts for nothing. With `holocene`, frames that
    /// break the [ordering rules](https://specs.optimism.io/protocol/holocene/derivation.html#frame-queue) are left out.
    ///
    /// Called only when the queue is empty: the rules look at the frames of one transaction or blob.
    pub(crate) fn load(&mut self, data: &Bytes, holocene: bool) {
        match Frame::parse_all(data) {
            Ok(frames) if holocene => self.frames.extend(prune(frames)),
            Ok(frames) => self.frames.extend(frames),
            Err(error) => tracing::debug!(%error, "batcher data without frames"),
        }
    }

    /// The next frame.
    pub(crate) fn pop(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    /// Forgets all frames.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
    }
}

/// Leaves only frames that follow one another: each the first of a channel or the next one of the channel under way;
/// channels that are not closed when another begins are taken out, frame by frame from their end.
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

/// Whether `next` may stand behind `last`. The very first frame may be any: its predecessor can lie in earlier data.
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
        let frames: Vec<_> = ["a1", "b0", "a0", "a0"].map(frame).into();
        let mut queue = FrameQueue::default();
        queue.load(&Frame::encode_all(&frames), false);
        assert_eq!(core::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), frames);
        queue.load(&Frame::encode_all(&frames), true);
        assert_eq!(queue.pop(), Some(frame("a0")));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn malformed_data_counts_for_nothing() {
        let mut queue = FrameQueue::default();
        for data in [vec![], vec![0], vec![1, 2, 3], vec![0; 30]] {
            queue.load(&data.into(), true);
        }
        assert_eq!(queue.pop(), None);
    }

    /// The reference's way: compares neighbours in place and goes a step back when it takes one out.
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
            FrameQueue::default().load(&data.into(), holocene);
        }
    }
}
