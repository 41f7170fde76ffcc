//! The cache in front of the oracle: it saves requests, and stays within its budget.

mod common;

use common::FakeOracle;
use tribunal_preimage::{HintType, PreimageKey, PreimageOracleError};
use tribunal_proof::CachingOracle;

/// An oracle with `number` values of `size` bytes, and their keys.
fn oracle(number: u64, size: usize) -> (FakeOracle, Vec<PreimageKey>) {
    let mut oracle = FakeOracle::default();
    let keys = (0..number)
        .map(|i| {
            let mut value = vec![0; size];
            value[..8].copy_from_slice(&i.to_be_bytes());
            PreimageKey::new_keccak256(oracle.add(&value))
        })
        .collect();
    (oracle, keys)
}

#[test]
fn nothing_is_asked_for_twice() {
    let (oracle, keys) = oracle(100, 1000);
    let cache = CachingOracle::new(&oracle);
    for _ in 0..3 {
        for (i, key) in keys.iter().enumerate() {
            assert_eq!(cache.get(*key).unwrap()[..8], (i as u64).to_be_bytes());
        }
    }
    assert_eq!(oracle.asked.borrow().len(), 100);
}

#[test]
fn a_hint_goes_ahead_of_the_first_question_only() {
    let (oracle, keys) = oracle(1, 32);
    let cache = CachingOracle::new(&oracle);
    for _ in 0..3 {
        cache.get_hinted(keys[0], HintType::L2Code, &[&[0xab], &[0xcd]]).unwrap();
    }
    assert_eq!(*oracle.hints.borrow(), ["l2-code 0xabcd"]);
    assert_eq!(oracle.times(keys[0]), 1);
}

#[test]
fn values_read_to_length_pass_by() {
    let (oracle, keys) = oracle(1, 32);
    let cache = CachingOracle::new(&oracle);
    let mut buffer = [0; 32];
    cache.get_exact(keys[0], &mut buffer).unwrap();
    cache.get_exact(keys[0], &mut buffer).unwrap();
    assert_eq!(oracle.times(keys[0]), 2);
    let short = cache.get_exact(keys[0], &mut [0; 31]);
    assert!(
        matches!(short, Err(PreimageOracleError::BadLength { key, expected: 31, got: 32 }) if key == keys[0])
    );
}

/// Failures are not cached: the next read goes to the oracle again.
#[test]
fn failures_are_not_remembered() {
    let oracle = FakeOracle::default();
    let cache = CachingOracle::new(&oracle);
    let key = PreimageKey::new_keccak256([1; 32]);
    for times in 1..3 {
        assert!(matches!(cache.get(key), Err(PreimageOracleError::Missing(missing)) if missing == key));
        assert_eq!(oracle.times(key), times);
    }
}

/// With room for ten values, the last five that were read are always cached, and those of twenty reads ago never.
#[test]
fn the_budget_is_kept() {
    let (oracle, keys) = oracle(200, 10_000);
    let cache = CachingOracle::with_budget(&oracle, 10 * 10_200);
    for (i, key) in keys.iter().enumerate() {
        cache.get(*key).unwrap();
        for recent in &keys[i.saturating_sub(4)..=i] {
            cache.get(*recent).unwrap();
            assert_eq!(oracle.times(*recent), 1, "at {i}");
        }
        if let Some(long_ago) = i.checked_sub(20) {
            // A read would cache it again, so only every twentieth is checked.
            if i % 20 == 0 {
                cache.get(keys[long_ago]).unwrap();
                assert_eq!(oracle.times(keys[long_ago]), 2, "at {i}");
            }
        }
    }
}

/// Values in use stay cached while many others are read once.
#[test]
fn values_in_use_stay() {
    let (oracle, keys) = oracle(500, 1_000);
    let cache = CachingOracle::with_budget(&oracle, 20 * 1_112);
    for key in &keys[1..] {
        cache.get(*key).unwrap();
        cache.get(keys[0]).unwrap();
    }
    assert_eq!(oracle.times(keys[0]), 1);
}

#[test]
fn no_budget_and_values_beyond_it_still_answer() {
    let (oracle, keys) = oracle(3, 10_000);
    for budget in [0, 1, 5_000] {
        let cache = CachingOracle::with_budget(&oracle, budget);
        for key in &keys {
            assert_eq!(cache.get(*key).unwrap().len(), 10_000);
            assert_eq!(cache.get(*key).unwrap().len(), 10_000);
        }
    }
}
