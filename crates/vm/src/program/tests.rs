//! Loads valid and invalid programs.

use super::*;
use crate::{StateVersion, memory::PAGE_BYTES, state::State};
use proptest::prelude::*;

/// The limit of a program's memory, in pages.
const MAX_PAGES: usize = 64;

/// An ELF file with the given segments: type, address, bytes in the file, size in memory.
fn elf(machine: u16, segments: &[(u32, u64, &[u8], u64)]) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // The type (an executable), the machine and the version.
    file.extend(2_u16.to_be_bytes());
    file.extend(machine.to_be_bytes());
    file.extend(1_u32.to_be_bytes());
    // The entry point, the offsets of program headers and sections, and the flags.
    for word in [0x1000_u64, 64, 0] {
        file.extend(word.to_be_bytes());
    }
    file.extend([0; 4]);
    // The sizes of this header and of a program header, the number of these; the same for sections.
    for half in [64_u16, 56, segments.len() as u16, 64, 0, 0] {
        file.extend(half.to_be_bytes());
    }
    let mut offset = 64 + 56 * segments.len() as u64;
    for (kind, address, bytes, size) in segments {
        file.extend(kind.to_be_bytes());
        file.extend(5_u32.to_be_bytes());
        for word in [offset, *address, *address, bytes.len() as u64, *size, 8] {
            file.extend(word.to_be_bytes());
        }
        offset += bytes.len() as u64;
    }
    for (_, _, bytes, _) in segments {
        file.extend(*bytes);
    }
    file
}

fn load(file: &[u8]) -> Result<State, ElfError> {
    load_elf(file, StateVersion::MultiThreaded64V5, MAX_PAGES).map(|(state, _)| state)
}

#[test]
fn segments_are_loaded_and_filled_up_with_zeros() {
    let state = load(&elf(8, &[(1, 0x1000, &[1, 2, 3], 2 * PAGE_BYTES as u64)])).unwrap();
    assert_eq!(state.memory.read_word(0x1000), 0x0102_0300_0000_0000);
    assert_eq!(
        state.memory.page_indices(),
        [1, 2, 0x7_ffff_fffb, 0x7_ffff_fffc, 0x7_ffff_fffd, 0x7_ffff_fffe, 0x7_ffff_ffff]
    );
    let thread = state.current_thread().unwrap();
    assert_eq!((thread.cpu.pc, thread.cpu.get(29)), (0x1000, 0x7fff_ffff_f000));
}

#[test]
fn the_zeros_of_a_segment_overwrite_an_earlier_segment() {
    let state = load(&elf(8, &[(1, 0x1000, &[255; 32], 32), (1, 0x1003, &[], 9)])).unwrap();
    assert_eq!(state.memory.read_word(0x1000), 0xffff_ff00_0000_0000);
    assert_eq!(state.memory.read_word(0x1008), 0x0000_0000_ffff_ffff);
}

#[test]
fn invalid_programs_are_refused() {
    assert!(matches!(load(b"\x7fELF"), Err(ElfError::Malformed { .. })));
    assert_eq!(load(b"#!/bin/sh").unwrap_err(), ElfError::NotElf);
    let class = |bits: u8, order: u8| {
        let mut file = elf(8, &[]);
        file[4..6].copy_from_slice(&[bits, order]);
        load(&file).unwrap_err()
    };
    assert_eq!(class(2, 1), ElfError::Class { bits: 64, order: "little" });
    assert_eq!(class(1, 1), ElfError::Class { bits: 32, order: "little" });
    assert_eq!(class(1, 2), ElfError::Class { bits: 32, order: "big" });
    assert!(matches!(class(3, 2), ElfError::Malformed { .. }));
    assert_eq!(load(&elf(62, &[])).unwrap_err(), ElfError::Machine { machine: 62 });
    let more_in_file = elf(8, &[(1, 0, &[0; 4], 2)]);
    assert!(matches!(load(&more_in_file), Err(ElfError::SegmentSize { index: 0, .. })));
    let not_loaded = elf(8, &[(1, 0, &[], 0), (2, 0, &[0; 2], 4)]);
    assert!(matches!(load(&not_loaded), Err(ElfError::SegmentSize { index: 1, .. })));
    for (address, size) in [(0x1000_0000_0000 - 4, 8), (u64::MAX - 4, 8), (8, u64::MAX)] {
        let file = elf(8, &[(1, address, &[], size)]);
        assert!(matches!(load(&file), Err(ElfError::SegmentAddress { index: 0, .. })), "{address:#x}");
    }
    assert!(matches!(load(&elf(8, &[(1, 0, &[], 1 << 40)])), Err(ElfError::Memory(_))));
    assert!(load(&elf(8, &[(0x7000_0003, u64::MAX, &[0; 8], 2)])).is_ok());
    let whole = elf(8, &[(1, 0x1000, &[7; 64], 64)]);
    assert!(matches!(load(&whole[..whole.len() - 1]), Err(ElfError::Malformed { .. })));
}

#[test]
fn segments_that_overlap_too_much_are_refused() {
    let load = |count: usize| {
        let file = elf(8, &vec![(1, 0x1000, &[1][..], 64 << 20); count]);
        load_elf(&file, StateVersion::MultiThreaded64V5, 1 << 16).map(|(state, _)| state.memory.page_count())
    };
    // 2^14 pages of the segments and 5 of the stack.
    assert_eq!(load(3), Ok((1 << 14) + 5));
    // The first 17 segments overlap in 16 times 2^14 pages, which is the limit.
    assert_eq!(load(40), Err(ElfError::Overlap { index: 17, limit: 1 << 18 }));
}

#[test]
fn symbols_are_looked_up_as_cannon_does() {
    let text = r#"{"symbols":[{"name":"b","start":32,"size":8},{"name":"a","start":16,"size":8}]}"#;
    let metadata: Metadata = serde_json::from_str(text).unwrap();
    let names: Vec<_> = [15, 16, 24, 25, 39].map(|address| metadata.lookup(address)).into();
    assert_eq!(names, ["!start", "a", "a", "!gap", "b"]);
    for empty in [r#"{"symbols":null}"#, r#"{"symbols":[]}"#, "{}", r#"{"other":1}"#] {
        assert_eq!(serde_json::from_str::<Metadata>(empty).unwrap().lookup(0), "!unknown", "{empty}");
    }
    // Go does not accept an array in place of an object.
    for array in ["[]", "[[]]", r#"{"symbols":[["a",16,8]]}"#] {
        assert!(serde_json::from_str::<Metadata>(array).is_err(), "{array}");
    }
    let partial: Metadata = serde_json::from_str(r#"{"symbols":[{"name":"a"},{"start":8}]}"#).unwrap();
    assert_eq!((partial.lookup(0), partial.lookup(8)), ("a", ""));
}

proptest! {
    #[test]
    fn damaged_files_never_panic(
        mut file in Just(elf(8, &[(1, 0x1000, &[7; 64], 128), (1, 0x4000, &[1; 16], 16)])),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        length in any::<prop::sample::Index>(),
    ) {
        for (at, byte) in changes {
            *at.get_mut(&mut file) = byte;
        }
        file.truncate(length.index(file.len() + 1));
        let _ = load(&file);
    }

    #[test]
    fn random_bytes_never_panic(file in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = load(&file);
    }
}
