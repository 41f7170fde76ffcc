//! Compares memory with a model: a map of words, whose Merkle tree is hashed anew for each root.

use super::*;
use crate::check::check_memory_proof;
use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeMap, sync::Arc};
use tribunal_mips::WORD_MASK;

/// The words that were stored, by their addresses.
type Model = BTreeMap<u64, u64>;

/// Addresses near each other and far apart, at the ends of segments and of the address space.
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

/// Memory that contains the words of a model.
fn memory_of(model: &Model) -> Memory {
    let mut memory = Memory::new(1 << 16).unwrap();
    model.iter().for_each(|(&address, &word)| memory.write_word(address, word).unwrap());
    memory
}

/// What is done to memory in the test of checkpoints.
#[derive(Debug, Clone)]
enum Event {
    /// Stores a word at an address.
    Store(u64, u64),
    TakeCheckpoint,
    DropCheckpoint(prop::sample::Index),
    HashRoot,
    DeferProof(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (address(), any::<u64>()).prop_map(|(address, word)| Event::Store(address, word)),
        3 => Just(Event::TakeCheckpoint),
        2 => any::<prop::sample::Index>().prop_map(Event::DropCheckpoint),
        1 => Just(Event::HashRoot),
        1 => address().prop_map(Event::DeferProof),
    ]
}

/// The root of the subtree that is `level` levels above the leaves and whose first leaf is at address `from`.
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
    fn words_roots_and_proofs_agree_with_the_model(
        rounds in vec(vec((address(), any::<u64>()), 0..12), 1..4),
        probes in vec(address(), 6),
    ) {
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
    fn a_deferred_proof_is_made_in_memory_as_it_was(
        before in vec((address(), any::<u64>()), 0..12),
        between in vec((address(), any::<u64>()), 0..4),
        after in vec(vec((address(), any::<u64>()), 0..12), 1..4),
        probe in address(),
    ) {
        let mut memory = Memory::new(1 << 16).unwrap();
        prop_assert!(memory.take_deferred_proof().is_none());
        let store = |memory: &mut Memory, stores: &[(u64, u64)]| {
            stores.iter().for_each(|&(address, word)| memory.write_word(address, word).unwrap());
        };
        store(&mut memory, &before);
        // The second deferred proof replaces the first.
        memory.defer_proof(!probe);
        store(&mut memory, &between);
        memory.defer_proof(probe);
        for stores in &after {
            store(&mut memory, stores);
            memory.merkle_root();
        }
        store(&mut memory, &after[0]);

        let mut twin = Memory::new(1 << 16).unwrap();
        store(&mut twin, &before);
        store(&mut twin, &between);
        let expected = twin.merkle_proof(probe);
        prop_assert_eq!(memory.take_deferred_proof(), Some(expected));
        prop_assert!(memory.take_deferred_proof().is_none());
        after.iter().chain([&after[0]]).for_each(|stores| store(&mut twin, stores));
        prop_assert_eq!(memory.merkle_root(), twin.merkle_root());
        prop_assert_eq!(memory.merkle_proof(probe), twin.merkle_proof(probe));
    }

    #[test]
    fn checkpoints_reproduce_memory_as_it_was(events in vec(event(), 1..60)) {
        // With two mapped segments only, some segments become sparse.
        let mut memory = Memory::with_segment_limit(1 << 16, 2).unwrap();
        let mut model = Model::new();
        let mut checkpoints = Vec::new();
        for event in events {
            match event {
                Event::Store(address, word) => {
                    memory.write_word(address, word).unwrap();
                    model.insert(address & WORD_MASK, word);
                }
                Event::TakeCheckpoint => checkpoints.push((memory.checkpoint(), model.clone())),
                Event::DropCheckpoint(_) if checkpoints.is_empty() => {}
                Event::DropCheckpoint(which) => drop(checkpoints.swap_remove(which.index(checkpoints.len()))),
                Event::HashRoot => {
                    memory.merkle_root();
                }
                Event::DeferProof(address) => memory.defer_proof(address),
            }
        }
        for (checkpoint, model_then) in &checkpoints {
            let mut copy = memory.copy_at(checkpoint).unwrap();
            prop_assert_eq!(copy.merkle_root(), memory_of(model_then).merkle_root());
            let mut pages: Vec<_> = model_then.keys().map(|address| address >> PAGE_SHIFT).collect();
            pages.dedup();
            prop_assert_eq!(copy.page_indices(), pages);
        }
        prop_assert_eq!(memory.merkle_root(), memory_of(&model).merkle_root());
        // Without checkpoints, nothing is kept for them.
        memory.cancel_deferred_proof();
        checkpoints.clear();
        memory.merkle_root();
        prop_assert_eq!((memory.checkpoint_bytes(), memory.log.interval_count()), (0, 1));
    }

    #[test]
    fn stored_bytes_are_read_back(address in address(), bytes in vec(any::<u8>(), 0..40)) {
        let mut memory = Memory::new(16).unwrap();
        memory.write_bytes(address, &bytes).unwrap();
        let mut back = vec![0; bytes.len()];
        memory.read_bytes(address, &mut back);
        prop_assert_eq!(&back, &bytes);
        for (byte, offset) in bytes.iter().zip(0..) {
            let at = address.wrapping_add(offset);
            prop_assert_eq!(memory.read_word(at).to_be_bytes()[at as usize % 8], *byte);
        }
    }
}

#[test]
fn pages_beyond_the_limit_are_refused() {
    let mut memory = Memory::new(2).unwrap();
    memory.write_word(0, 1).unwrap();
    memory.write_word(1 << 63, 1).unwrap();
    // The first page again.
    memory.write_word(8, 1).unwrap();
    assert_eq!(memory.write_word(0x1000, 1), Err(MemoryError::Limit { pages: 2 }));
    assert_eq!(memory.page_count(), 2);
}

#[test]
fn sparse_segments_behave_like_mapped_ones() {
    // The first three segments are mapped, the others become sparse.
    let mut memory = Memory::with_segment_limit(1 << 10, 3).unwrap();
    for segment in 0..3_u64 {
        memory.write_word(segment << 32, segment + 1).unwrap();
    }
    assert!(!memory.has_sparse_segments());
    for segment in 3..8_u64 {
        memory.write_word(segment << 32 | 0x5008, segment + 1).unwrap();
    }
    memory.allocate(9 << 32).unwrap();
    assert!(memory.has_sparse_segments());
    // Another page of a mapped segment.
    memory.write_word(1 << 32 | 0x5008, 7).unwrap();
    assert!((0..3_u64).all(|segment| memory.read_word(segment << 32) == segment + 1));
    assert!((3..8_u64).all(|segment| memory.read_word(segment << 32 | 0x5008) == segment + 1));
    assert_eq!((memory.read_word(4 << 32), memory.read_word(9 << 32), memory.read_word(u64::MAX)), (0, 0, 0));
    assert_eq!((memory.read_word(1 << 32 | 0x5008), memory.page_count()), (7, 10));
    // The same words in mapped segments only.
    let mut twin = Memory::new(1 << 10).unwrap();
    for &index in memory.page_indices().iter() {
        let words = (0..).step_by(8).map(|offset| index << PAGE_SHIFT | offset).take(WORDS_PER_PAGE);
        words.for_each(|address| twin.write_word(address, memory.read_word(address)).unwrap());
    }
    assert!(!twin.has_sparse_segments());
    assert_eq!(twin.merkle_root(), memory.merkle_root());
}

#[test]
fn a_store_to_watched_code_is_reported_once() {
    let mut memory = Memory::new(16).unwrap();
    // The page is not allocated yet.
    assert!(!memory.watch_code(0x1000));
    memory.write_word(0x1000, 1).unwrap();
    assert!(memory.watch_code(0x1004));
    memory.write_word(0x2000, 1).unwrap();
    assert!(!memory.has_code_stores());
    for _ in 0..2 {
        memory.write_word(0x1ff8, 1).unwrap();
    }
    assert_eq!(memory.take_code_stores(), [1]);
    assert!(!memory.has_code_stores());
}

#[test]
fn dropped_checkpoints_take_no_memory() {
    const PAGES: u64 = 20;
    let mut memory = Memory::new(PAGES as usize).unwrap();
    let store_to_all = |memory: &mut Memory, word| {
        (0..PAGES).for_each(|page| memory.write_word(page << PAGE_SHIFT, word).unwrap());
    };
    store_to_all(&mut memory, 1);
    let first = memory.checkpoint();
    let mut last = None;
    for word in 2..1000 {
        store_to_all(&mut memory, word);
        last = Some(memory.checkpoint());
    }
    store_to_all(&mut memory, 1000);
    // At most three copies of each page: for the first checkpoint, for the last, and for the one dropped before it.
    assert!(memory.checkpoint_bytes() <= 3 * PAGES as usize * PAGE_BYTES);
    assert!(memory.log.interval_count() <= 4);
    assert_eq!(memory.copy_at(&first).unwrap().read_word(0), 1);
    assert_eq!(memory.copy_at(&last.unwrap()).unwrap().read_word(0), 999);
    drop(first);
    memory.merkle_root();
    assert_eq!((memory.checkpoint_bytes(), memory.log.interval_count()), (0, 1));
}

#[test]
fn a_checkpoint_of_another_memory_is_refused() {
    let (mut one, other) = (Memory::new(1).unwrap(), Memory::new(1).unwrap());
    let checkpoint = one.checkpoint();
    assert_eq!(other.copy_at(&checkpoint).unwrap_err(), CheckpointError::Foreign);
}

#[test]
fn segments_of_all_machines_share_one_budget() {
    // Two segments take 6 mappings each, and 2 for a writable chunk. One mapping is left.
    let budget = Arc::new(Budget::new(17));
    let segments = || Segments::new(100, budget.clone()).unwrap();
    let (mut one, mut other) = (segments(), segments());
    assert_eq!(one.make_chunk_writable(0), Ok(true));
    assert_eq!(other.make_chunk_writable(0), Ok(true));
    assert_eq!(other.make_chunk_writable(1 << 32), Ok(false));
    assert!(other.is_sparse(1 << 32));
    drop(one);
    assert_eq!(other.make_chunk_writable(2 << 32), Ok(true));
    // Too few mappings are left to divide the segment once more, so all of it becomes writable.
    assert_eq!(other.make_chunk_writable(2 << 32 | 1 << 30), Ok(true));
    assert!(other.is_chunk_writable(2 << 32 | 0xffff_ffff));
    assert!(!other.is_chunk_writable(0xffff_ffff));
}

#[test]
fn an_index_beyond_the_address_space_has_no_page() {
    let mut memory = Memory::new(4).unwrap();
    memory.write_word(0x1000, 7).unwrap();
    memory.write_word(u64::MAX, 7).unwrap();
    assert!(memory.page(1).is_some() && memory.page((1 << 52) - 1).is_some());
    assert!(memory.page(1 << 52 | 1).is_none() && memory.page(u64::MAX).is_none());
}
