//! Memory against a model: a map of words, and a tree that is hashed whole.

use super::*;
use crate::check::check_memory_proof;
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;
use tribunal_mips::WORD_MASK;

type Model = BTreeMap<u64, u64>;

/// Addresses near each other and far apart, at the ends of segments and of everything.
fn address() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..0x3000,
        0x0000_00c0_0000_0000_u64..0x0000_00c0_0000_0100,
        0xffff_fff0_u64..0x1_0000_0010,
        0x0000_ffff_ffff_ff00_u64..0x0001_0000_0000_0100,
        u64::MAX - 0x2000..=u64::MAX,
        any::<u64>(),
    ]
}

/// The root of the words in the subtree at `index` (generalised, `level` above the leaves).
fn root(model: &Model, level: usize, from: u64) -> B256 {
    let last = if level >= 59 { u64::MAX } else { from + ((32 << level) - 1) };
    if model.range(from..=last).all(|(_, word)| *word == 0) {
        return zero_hash(level);
    }
    if level == 0 {
        let words: Vec<_> =
            (0..4).flat_map(|at| model.get(&(from + 8 * at)).unwrap_or(&0).to_be_bytes()).collect();
        return B256::from_slice(&words);
    }
    let half = 16_u64 << level;
    hash_pair(&root(model, level - 1, from), &root(model, level - 1, from + half))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn words_roots_and_proofs_are_the_models(rounds in vec(vec((address(), any::<u64>()), 0..12), 1..4), probes in vec(address(), 6)) {
        let mut memory = Memory::new(1 << 16).unwrap();
        let mut model = Model::new();
        for stores in rounds {
            for (address, word) in stores {
                memory.write_word(address, word).unwrap();
                model.insert(address & WORD_MASK, word);
            }
            let expected = root(&model, 59, 0);
            prop_assert_eq!(memory.merkle_root(), expected);
            for &address in probes.iter().chain(model.keys()) {
                let word = *model.get(&(address & WORD_MASK)).unwrap_or(&0);
                prop_assert_eq!(memory.read_word(address), word);
                let proof = memory.merkle_proof(address);
                prop_assert_eq!(check_memory_proof(&expected, &proof, address & WORD_MASK), Some(word));
            }
        }
        let mut pages: Vec<_> = model.keys().map(|address| address >> PAGE_SHIFT).collect();
        pages.dedup();
        prop_assert_eq!(memory.page_indices(), pages);
    }

    #[test]
    fn a_proof_is_given_in_memory_as_it_was(
        before in vec((address(), any::<u64>()), 0..12),
        forgotten in vec((address(), any::<u64>()), 0..4),
        after in vec(vec((address(), any::<u64>()), 0..12), 1..4),
        probe in address(),
    ) {
        let mut memory = Memory::new(1 << 16).unwrap();
        prop_assert!(memory.remembered_proof().is_none());
        let store = |memory: &mut Memory, stores: &[(u64, u64)]| {
            stores.iter().for_each(|&(address, word)| memory.write_word(address, word).unwrap());
        };
        store(&mut memory, &before);
        memory.remember(!probe);
        store(&mut memory, &forgotten);
        memory.remember(probe);
        for stores in &after {
            store(&mut memory, stores);
            memory.merkle_root();
        }
        store(&mut memory, &after[0]);

        let mut twin = Memory::new(1 << 16).unwrap();
        store(&mut twin, &before);
        store(&mut twin, &forgotten);
        let expected = twin.merkle_proof(probe);
        prop_assert_eq!(memory.remembered_proof(), Some(expected));
        prop_assert!(memory.remembered_proof().is_none());
        after.iter().chain([&after[0]]).for_each(|stores| store(&mut twin, stores));
        prop_assert_eq!(memory.merkle_root(), twin.merkle_root());
        prop_assert_eq!(memory.merkle_proof(probe), twin.merkle_proof(probe));
    }

    #[test]
    fn bytes_come_back_wherever_they_begin(address in address(), bytes in vec(any::<u8>(), 0..40)) {
        let mut memory = Memory::new(16).unwrap();
        memory.write_bytes(address, &bytes).unwrap();
        let mut back = vec![0; bytes.len()];
        memory.read_bytes(address, &mut back);
        prop_assert_eq!(&back, &bytes);
        let ends = bytes.iter().zip(0..).all(|(byte, at)| {
            let at = address.wrapping_add(at);
            memory.read_word(at).to_be_bytes()[at as usize % 8] == *byte
        });
        prop_assert!(ends);
    }
}

#[test]
fn there_is_no_more_memory_than_was_granted() {
    let mut memory = Memory::new(2).unwrap();
    memory.write_word(0, 1).unwrap();
    memory.write_word(1 << 63, 1).unwrap();
    memory.write_word(8, 1).unwrap();
    assert_eq!(memory.write_word(0x1000, 1), Err(MemoryError::Limit { pages: 2 }));
    assert_eq!(memory.page_count(), 2);
}

#[test]
fn a_guest_that_touches_every_segment_is_served_all_the_same() {
    let mut memory = Memory::new(1 << 10).unwrap();
    for segment in 0..2 * MOST_SEGMENTS as u64 {
        memory.write_word(segment << 32, segment + 1).unwrap();
    }
    assert!(!memory.is_flat());
    assert!((0..2 * MOST_SEGMENTS as u64).all(|segment| memory.read_word(segment << 32) == segment + 1));
}

#[test]
fn a_store_to_watched_code_is_reported_once() {
    let mut memory = Memory::new(16).unwrap();
    assert!(!memory.watch_code(0x1000));
    memory.write_word(0x1000, 1).unwrap();
    assert!(memory.watch_code(0x1004));
    memory.write_word(0x2000, 1).unwrap();
    assert!(!memory.has_code_stores());
    memory.write_word(0x1ff8, 1).unwrap();
    memory.write_word(0x1ff8, 1).unwrap();
    assert_eq!(memory.take_code_stores(), [1]);
    assert!(!memory.has_code_stores());
}
