//! Bytes that are no proof: reading them neither panics nor takes more memory than their length allows, whatever lengths they
//! claim to have.

#![allow(missing_docs, reason = "a test")]

use proptest::{prelude::*, test_runner::TestRunner};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::OnceLock,
};
use tribunal_vm::{Machine, NoOracle, State, StateVersion, memory::Memory};
use tribunal_zkvm::{RunProof, Setup, Unreadable, prove_run, stark::Parameters};

/// Counts the bytes that the current thread has allocated, and the most that it had at once.
struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // A thread that ends has no counters any more.
    let _ = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _ = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that are allocated for each byte of a file: the parts of a proof are vectors of vectors, and an empty vector
/// is one byte of a file.
const MOST_FOR_A_BYTE: usize = 100;
/// And for any file: a vector gets at most a mebibyte in advance.
const MOST_FOR_ANY: usize = 8 << 20;

/// The header, and the number of the parameters after it.
const BEGINNING: usize = RunProof::HEADER.len() + 1;

/// The bytes of a valid proof.
fn proof() -> &'static [u8] {
    static PROOF: OnceLock<Vec<u8>> = OnceLock::new();
    PROOF.get_or_init(|| {
        let mut memory = Memory::new(10).unwrap();
        // exit_group(7).
        memory.write_word(0x1_0000, 0x2402_1455_2404_0007).unwrap();
        memory.write_word(0x1_0008, 0x0000_000c_0000_0000).unwrap();
        let state = State::new(StateVersion::MultiThreaded64V5, memory, 0x1_0000, 0x1000_0000_0000);
        let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()));
        let setup = Setup::new(&Parameters::FAST);
        let proof = prove_run(&mut machine, &setup, 100, |_| ()).unwrap();
        assert_eq!(proof.verify(&setup).unwrap().exit_code, 7);
        proof.to_bytes(&Parameters::FAST)
    })
}

/// Reads a file. Demands that not too much memory is needed.
#[track_caller]
fn read(bytes: &[u8]) -> Result<RunProof, Unreadable> {
    let before = NOW.get();
    MOST.set(before);
    let proof = RunProof::from_bytes(bytes);
    let most = (MOST.get() - before) as usize;
    let bound = MOST_FOR_A_BYTE * bytes.len() + MOST_FOR_ANY;
    assert!(most <= bound, "{} bytes took {most} bytes of memory, more than {bound}", bytes.len());
    proof.map(|(proof, _)| proof)
}

/// A number as a proof has it, seven bits a byte.
fn number(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[test]
fn a_proof_takes_little_more_memory_than_its_bytes() {
    assert!(read(proof()).is_ok());
}

#[test]
fn files_that_are_cut_or_go_on_are_unreadable() {
    let bytes = proof();
    for length in (0..bytes.len()).step_by(bytes.len() / 100).chain(0..100).chain([bytes.len() - 1]) {
        let cut = read(&bytes[..length]);
        match cut.map(drop).unwrap_err() {
            Unreadable::Header => assert!(length < BEGINNING),
            Unreadable::Damaged(_) => assert!(length >= BEGINNING),
            other => panic!("{length}: {other}"),
        }
    }
    for more in [1, 1000] {
        let long = [bytes, &vec![0; more]].concat();
        assert_eq!(read(&long).map(drop).unwrap_err(), Unreadable::TooLong(more));
    }
    for header in 0..RunProof::HEADER.len() {
        let mut other = bytes.to_vec();
        other[header] ^= 1;
        assert_eq!(read(&other).map(drop).unwrap_err(), Unreadable::Header);
    }
    for number in 2..=255 {
        let mut other = bytes.to_vec();
        other[RunProof::HEADER.len()] = number;
        assert_eq!(read(&other).map(drop).unwrap_err(), Unreadable::Parameters(number));
    }
}

/// A great length in each place: most of them are lengths of something.
#[test]
fn great_lengths_take_no_memory() {
    let bytes = proof();
    let places = (BEGINNING..bytes.len()).step_by(bytes.len() / 100).chain(BEGINNING..BEGINNING + 200);
    for place in places {
        for length in [1 << 20, 1 << 40, u64::MAX, bytes.len() as u64 / 2] {
            for rest in [&bytes[place..], &bytes[place + 1..], &[]] {
                let forged = [&bytes[..place], &number(length), rest].concat();
                if forged != bytes {
                    let _unread = read(&forged);
                }
            }
        }
    }
    // The same number over and over, so that vectors are in vectors.
    for number in 0..=255 {
        let _unread = read(&[RunProof::HEADER, &[1], &vec![number; 1 << 18]].concat());
    }
}

#[test]
fn random_bytes_are_no_proof() {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    // Often small numbers, which are lengths that there are bytes for.
    let byte = prop_oneof![3 => 0_u8..4, 1 => any::<u8>()];
    let rest = prop::collection::vec(byte, 0..5000);
    let result = TestRunner::new(config).run(&(any::<prop::sample::Index>(), rest), |(at, rest)| {
        let bytes = proof();
        let at = BEGINNING + at.index(bytes.len() - BEGINNING);
        for forged in [[RunProof::HEADER, &[1], &rest].concat(), [&bytes[..at], &rest].concat()] {
            if let Ok(proof) = read(&forged) {
                prop_assert!(proof.verify(&Setup::new(&Parameters::FAST)).is_err());
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|failed| panic!("{failed}"));
}
