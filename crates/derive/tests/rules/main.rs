//! The rules of derivation, one by one, on small chains in memory.

mod chain;

use alloy_primitives::Bytes;
use chain::{Chain, Derived, GENESIS_TIME, channel, channel_of, frames, tx};
use proptest::prelude::*;
use tribunal_derive::DeriveError;
use tribunal_rollup::{
    Fork,
    batch::{SingularBatch, SpanBatch, SpanBatchElement},
    channel::Frame,
};

/// The numbers of the blocks that hold a transaction of the batcher.
fn filled(derived: &[Derived]) -> Vec<u64> {
    derived.iter().filter(|block| !block.transactions.is_empty()).map(|block| block.number).collect()
}

fn encoded(batches: &[SingularBatch]) -> Vec<Vec<u8>> {
    batches.iter().map(SingularBatch::encode).collect()
}

#[test]
fn batches_in_order() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let batches: Vec<_> = (1..=3).map(|number| chain.batch(number, &[])).collect();
        chain.mine([channel(1, &batches)]);
        let block = |number, origin, seq_num| Derived {
            number,
            origin,
            seq_num,
            transactions: vec![],
            is_last_in_span: true,
            derived_from: 2,
        };
        assert_eq!(chain.derive(), [block(1, 0, 1), block(2, 1, 0), block(3, 1, 1)]);
        // Derivation may start at any block.
        assert_eq!(chain.derive_from(2).unwrap(), [block(3, 1, 1)]);
    }
}

#[test]
fn batches_ahead_of_their_turn_are_kept_before_holocene_only() {
    for (fork, expected) in [(Fork::Granite, vec![1, 2]), (Fork::Holocene, vec![1])] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let (first, second) = (chain.batch(1, &[]), chain.batch(2, &[]));
        chain.mine([channel(1, &[second]), channel(2, &[first])]);
        let numbers: Vec<_> = chain.derive().iter().map(|block| block.number).collect();
        assert_eq!(numbers, expected, "{fork:?}");
    }
}

/// From Holocene the result depends on where derivation starts: a batch that was dropped as too early may be read again.
#[test]
fn a_dropped_future_batch_counts_when_derivation_restarts() {
    let chain = Chain::new(Fork::Holocene);
    chain.mine_empty(1);
    let early = chain.batch(2, &[tx(2)]);
    chain.mine([channel(1, &[early])]);
    chain.mine([channel(2, &[chain.batch(1, &[])])]);
    assert_eq!(chain.derive().len(), 1);
    assert_eq!(filled(&chain.derive_from(1).unwrap()), [2]);
}

#[test]
fn a_batch_on_another_parent_is_dropped() {
    for (fork, expected) in [(Fork::Granite, vec![1, 2]), (Fork::Holocene, vec![])] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let bad = SingularBatch { parent_hash: Default::default(), ..chain.batch(1, &[tx(9)]) };
        // From Holocene the rest of the channel is dropped too.
        let good = [chain.batch(1, &[tx(1)]), chain.batch_on(2, &[tx(2)], &[tx(1)])];
        chain.mine([channel(1, &[vec![bad], good.to_vec()].concat())]);
        assert_eq!(filled(&chain.derive()), expected, "{fork:?}");
        // Another channel is not affected.
        chain.mine([channel(2, &good)]);
        assert_eq!(filled(&chain.derive()), [1, 2], "{fork:?}");
    }
}

#[test]
fn what_a_batch_says_of_l1_must_be_true() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let spoil: [fn(&mut SingularBatch, &Chain); 4] = [
            |batch, _| batch.epoch_hash.0[31] ^= 1,
            |batch, chain| (batch.epoch_num, batch.epoch_hash) = (2, chain.l1_hash(2)),
            // The next epoch, but the L2 block is older than its L1 block.
            |batch, chain| (batch.epoch_num, batch.epoch_hash) = (1, chain.l1_hash(1)),
            |batch, _| batch.epoch_num = u64::MAX,
        ];
        for spoil in spoil {
            let chain = Chain::new(fork);
            chain.mine_empty(3);
            let mut batch = chain.batch(1, &[tx(1)]);
            spoil(&mut batch, &chain);
            chain.mine([channel(1, &[batch.clone()])]);
            assert_eq!(chain.derive(), [], "{fork:?} {batch:?}");
        }
    }
}

/// A span batch that starts at genesis has no parent. The reference can never decide it: before Holocene it keeps the batch
/// and stops there, from Holocene it drops the batch.
#[test]
fn a_span_batch_from_genesis_on_is_never_decided() {
    for (fork, expected) in [(Fork::Granite, vec![]), (Fork::Holocene, vec![1])] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let element = |number: u64| SpanBatchElement {
            epoch_num: 0,
            timestamp: GENESIS_TIME + 6 * number,
            transactions: vec![],
        };
        let span = SpanBatch {
            l1_origin_check: *chain.l1_hash(0).first_chunk().unwrap(),
            batches: vec![element(0), element(1)],
            ..Default::default()
        };
        let next = chain.batch(1, &[tx(1)]).encode();
        chain.mine([channel_of(1, &[span.encode(GENESIS_TIME, 10).unwrap(), next])]);
        assert_eq!(filled(&chain.derive()), expected, "{fork:?}");
        chain.mine_empty(7);
        assert_eq!(chain.derive().is_empty(), fork == Fork::Granite, "{fork:?}");
    }
}

#[test]
fn batches_of_the_past_are_passed_over() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let batches = [chain.batch(1, &[]), chain.batch(1, &[tx(1)]), chain.batch(2, &[tx(2)])];
        chain.mine([channel(1, &batches)]);
        assert_eq!(filled(&chain.derive()), [2], "{fork:?}");
    }
}

#[test]
fn a_malformed_batch_ends_its_channel() {
    let bad = [
        vec![],        // empty
        vec![7, 1, 2], // unknown type
        vec![0xc0],    // a list, as a type: unknown
        vec![0, 0xc1], // singular batch, cut off
        vec![1; 12],   // span batch, cut off
    ];
    for fork in [Fork::Granite, Fork::Holocene] {
        for bad in &bad {
            let chain = Chain::new(fork);
            chain.mine_empty(1);
            let [first, second] = [chain.batch(1, &[tx(1)]), chain.batch_on(2, &[tx(2)], &[tx(1)])];
            chain.mine([
                channel_of(1, &[first.encode(), bad.clone(), second.encode()]),
                channel(2, &[SingularBatch { transactions: vec![tx(3)], ..second.clone() }]),
            ]);
            let derived = chain.derive();
            assert_eq!(filled(&derived), [1, 2], "{fork:?} {bad:?}");
            assert_eq!(derived[1].transactions, [tx(3)]);
        }
    }
}

#[test]
fn transactions_that_batches_may_not_hold() {
    let deposit = Bytes::from_static(&[0x7e, 1]);
    let set_code = Bytes::from_static(&[4, 1]);
    let post_exec = Bytes::from_static(&[0x7d, 1]);
    for (fork, transaction, valid) in [
        (Fork::Isthmus, deposit, false),
        (Fork::Isthmus, post_exec, false),
        (Fork::Isthmus, Bytes::new(), false),
        (Fork::Isthmus, set_code.clone(), true),
        (Fork::Holocene, set_code, false),
    ] {
        for span in [false, true] {
            let chain = Chain::new(fork);
            chain.mine_empty(1);
            let list = [tx(1), transaction.clone()];
            // Span batches cannot even express most of these.
            let batch =
                if span && transaction.first() != Some(&4) { continue } else { chain.batch(1, &list) };
            chain.mine([channel(1, &[batch])]);
            assert_eq!(!chain.derive().is_empty(), valid, "{fork:?} {transaction}");
        }
    }
}

#[test]
fn silence_is_filled_when_the_sequencing_window_has_passed() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let chain = Chain::new(fork);
        chain.mine_empty(6);
        let derived = chain.derive();
        // Epoch 0 expires with L1 block 6; the next one has yet to.
        assert_eq!(derived.iter().map(|block| (block.number, block.origin)).collect::<Vec<_>>(), [(1, 0)]);
        chain.mine_empty(2);
        let derived = chain.derive();
        let expected = [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)];
        assert_eq!(derived.iter().map(|block| (block.number, block.origin)).collect::<Vec<_>>(), expected);
        // A batch of an epoch that has expired comes too late.
        chain.mine([channel(1, &[chain.batch(6, &[tx(6)]), chain.batch_on(7, &[tx(7)], &[tx(6)])])]);
        assert_eq!(filled(&chain.derive()), [6, 7], "{fork:?}: in time");
        let chain = Chain::new(fork);
        chain.mine_empty(7);
        chain.mine([channel(1, &[chain.batch(1, &[tx(1)])])]);
        assert_eq!(filled(&chain.derive()), [0; 0], "{fork:?}: too late");
    }
}

#[test]
fn drifting_too_far_from_l1_costs_the_transactions() {
    for (fork, filled_blocks) in [(Fork::Ecotone, vec![1, 2, 3, 4, 5]), (Fork::Fjord, vec![1, 2, 3, 4, 5, 6])]
    {
        let chain = Chain::new(fork);
        chain.mine_empty(3);
        // Blocks that stick to epoch 0: the drift is 30 seconds before Fjord, five blocks.
        let mut batches = Vec::new();
        for number in 1..=6 {
            let before = if number == 1 { vec![] } else { vec![tx(number as u8 - 1)] };
            batches.push(SingularBatch {
                epoch_num: 0,
                epoch_hash: chain.l1_hash(0),
                ..chain.batch_on(number, &[tx(number as u8)], &before)
            });
        }
        chain.mine([channel(1, &batches)]);
        assert_eq!(filled(&chain.derive()), filled_blocks, "{fork:?}");
    }
}

#[test]
fn span_batches_conclude_with_their_last_block() {
    for (fork, concludes) in [(Fork::Granite, [false, false, true]), (Fork::Holocene, [true; 3])] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        chain.mine([channel_of(1, &[chain.span(1, &[&[], &[], &[]])])]);
        let derived = chain.derive();
        assert_eq!(
            derived.iter().map(|block| block.is_last_in_span).collect::<Vec<_>>(),
            concludes,
            "{fork:?}"
        );
        assert_eq!(derived.iter().map(|block| block.seq_num).collect::<Vec<_>>(), [1, 0, 1]);
    }
}

#[test]
fn span_batches_before_delta_are_skipped() {
    let chain = Chain::new(Fork::Canyon);
    chain.mine_empty(1);
    chain.mine([channel_of(1, &[chain.span(1, &[&[]]), chain.batch(1, &[tx(1)]).encode()])]);
    assert_eq!(filled(&chain.derive()), [1]);
}

#[test]
fn span_batches_may_repeat_the_safe_chain() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        chain.mine([
            channel(1, &[chain.batch(1, &[]), chain.batch(2, &[])]),
            channel_of(2, &[chain.span(1, &[&[], &[], &[]])]),
        ]);
        assert_eq!(chain.derive().len(), 3, "{fork:?}");
    }
}

#[test]
fn span_batches_may_not_contradict_the_safe_chain() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let safe = channel(1, &[chain.batch(1, &[tx(1)])]);
        chain.mine([safe, channel_of(2, &[chain.span(1, &[&[], &[]])])]);
        assert_eq!(chain.derive().len(), 1, "{fork:?}");
    }
}

/// A failing provider must not make a batch invalid.
#[test]
fn provider_errors_are_passed_up() {
    for fork in [Fork::Granite, Fork::Holocene] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        chain.mine([channel(1, &[chain.batch(1, &[])]), channel_of(2, &[chain.span(1, &[&[], &[]])])]);
        let judge = |_: &Derived| {
            chain.break_l2();
            true
        };
        let error = chain.derive_judged(0, judge).unwrap_err();
        assert!(matches!(error, DeriveError::Provider(_)), "{error}");
    }
}

#[test]
fn an_invalid_block_takes_its_span_with_it_before_holocene() {
    let chain = Chain::new(Fork::Granite);
    chain.mine_empty(2);
    let span = chain.span(1, &[&[], &[], &[]]);
    let other = chain.batch(1, &[]);
    chain.mine([channel_of(1, &[span]), channel(2, &[other])]);
    let mut invalid = true;
    let derived = chain.derive_judged(0, |block| block.number != 3 || !std::mem::take(&mut invalid)).unwrap();
    // Blocks 1 and 2 of the span were pending only; the singular batch for block 1 comes next.
    assert_eq!(derived.len(), 1);
    assert!(derived[0].is_last_in_span);
}

#[test]
fn an_invalid_block_is_reduced_to_its_deposits_from_holocene() {
    let chain = Chain::new(Fork::Holocene);
    chain.mine_empty(2);
    let lists: Vec<_> = (1..=3).map(|id| [tx(id)]).collect();
    let spoilt = [
        chain.batch(1, &lists[0]),
        chain.batch_on(2, &lists[1], &lists[0]),
        chain.batch_on(3, &lists[2], &lists[1]),
    ];
    let next = chain.batch(3, &[tx(9)]);
    chain.mine([channel(1, &spoilt), channel(2, &[next])]);
    let derived = chain.derive_judged(0, |block| block.transactions != lists[1]).unwrap();
    let transactions: Vec<_> = derived.into_iter().map(|block| block.transactions).collect();
    // The third batch was dropped with the channel; the next channel builds on the block without transactions.
    assert_eq!(transactions, [lists[0].to_vec(), vec![], vec![tx(9)]]);
}

#[test]
fn channels_span_l1_blocks_until_they_time_out() {
    for (gap, complete) in [(3, true), (4, false)] {
        for fork in [Fork::Granite, Fork::Holocene] {
            let chain = Chain::new(fork);
            chain.mine_empty(1);
            let [first, second] =
                <[Frame; 2]>::try_from(frames(1, &encoded(&[chain.batch(1, &[tx(1)])]), 2)).unwrap();
            chain.mine([Frame::encode_all([&first])]);
            chain.mine_empty(gap);
            chain.mine([Frame::encode_all([&second])]);
            assert_eq!(filled(&chain.derive()) == [1], complete, "{fork:?}, {gap} blocks between");
        }
    }
}

#[test]
fn frames_out_of_order_are_for_the_channel_bank_only() {
    for (fork, expected) in [(Fork::Granite, vec![1]), (Fork::Holocene, vec![])] {
        let chain = Chain::new(fork);
        chain.mine_empty(1);
        let mut frames = frames(1, &encoded(&[chain.batch(1, &[tx(1)])]), 3);
        frames.reverse();
        chain.mine([Frame::encode_all(&frames)]);
        assert_eq!(filled(&chain.derive()), expected, "{fork:?}");
    }
}

/// Frames, channels and batches are dropped when Holocene activates, the buffered L1 blocks are not.
#[test]
fn holocene_starts_afresh() {
    let holocene = |chain: Chain, number: u64| {
        chain.configure(|config| config.forks.set(Fork::Holocene, Some(GENESIS_TIME + 12 * number)))
    };
    // A channel that began before.
    let chain = holocene(Chain::new(Fork::Granite), 2);
    let [first, second] =
        <[Frame; 2]>::try_from(frames(1, &encoded(&[chain.batch(1, &[tx(1)])]), 2)).unwrap();
    chain.mine([Frame::encode_all([&first])]);
    chain.mine([Frame::encode_all([&second])]);
    assert_eq!(chain.derive(), []);
    // A future batch.
    let chain = holocene(Chain::new(Fork::Granite), 3);
    chain.mine_empty(1);
    chain.mine([channel(1, &[chain.batch(2, &[tx(2)])])]);
    chain.mine([channel(2, &[chain.batch(1, &[])])]);
    assert_eq!(chain.derive().len(), 1);
    // Batches of an earlier epoch are fine.
    chain.mine([channel(3, &[chain.batch(2, &[tx(3)])])]);
    assert_eq!(filled(&chain.derive()), [2]);
}

/// The reference acts on one fork per L1 block: Holocene's stages do not take over when Granite activates with it. It stops
/// at the first past batch.
#[test]
fn holocene_together_with_an_earlier_fork_keeps_the_old_stages() {
    let time = GENESIS_TIME + 12 * 2;
    let chain = Chain::new(Fork::Fjord).configure(|config| {
        config.forks.set(Fork::Granite, Some(time));
        config.forks.set(Fork::Holocene, Some(time));
    });
    chain.mine_empty(1);
    let (first, second) = (chain.batch(1, &[]), chain.batch(2, &[]));
    chain.mine([channel(1, std::slice::from_ref(&first)), channel(2, &[second])]);
    assert_eq!(chain.derive().len(), 2);
    chain.mine([channel(3, &[first])]);
    assert!(matches!(chain.derive_from(0), Err(DeriveError::SafeHead { .. })));
}

#[test]
fn what_is_not_supported_is_refused() {
    let chain = Chain::new(Fork::Lagoon);
    chain.mine_empty(7);
    assert!(matches!(chain.derive_from(0), Err(DeriveError::Unsupported(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// No batcher data stops derivation.
    #[test]
    fn no_input_stops_derivation(
        data in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..12),
        batches in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90), 0..8),
        spoilt in prop::collection::vec((0usize..400, any::<u8>()), 0..4),
        holocene: bool,
    ) {
        let chain = Chain::new(if holocene { Fork::Holocene } else { Fork::Granite });
        chain.mine_empty(2);
        chain.mine(data.into_iter().map(|mut data| { data.insert(0, 0); Bytes::from(data) }));
        // Random batches of all types, compressed properly.
        let typed = batches.into_iter().enumerate().map(|(i, mut batch)| { batch.insert(0, i as u8 % 3); batch });
        chain.mine([channel_of(1, &typed.collect::<Vec<_>>())]);
        // Good batches with some bytes changed, before compression.
        let mut good = [chain.span(1, &[&[], &[], &[]]), chain.batch(1, &[tx(1)]).encode()];
        for (place, value) in spoilt {
            for batch in &mut good {
                let place = place % batch.len();
                batch[place] = value;
            }
        }
        chain.mine([channel_of(2, &good[..1]), channel_of(3, &good[1..])]);
        chain.mine_empty(9);
        prop_assert!(chain.derive_from(0).is_ok());
    }
}
