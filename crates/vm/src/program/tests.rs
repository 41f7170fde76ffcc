//! Loads valid and invalid programs.

use super::*;
use crate::{StateVersion, memory::PAGE_BYTES, state::State};
use ::object::elf::{
    ELFCLASS32, ELFCLASS64, ELFDATA2LSB, ELFDATA2MSB, EM_MIPS, EM_X86_64, ET_EXEC, EV_CURRENT, PF_R, PF_X,
    PT_DYNAMIC, PT_LOAD, PT_MIPS_ABIFLAGS,
};
use proptest::prelude::*;

/// The limit of a program's memory, in pages.
const MAX_PAGES: usize = 64;

/// An ELF file with the given segments: type, address, bytes in the file, size in memory.
fn elf(machine: u16, segments: &[(u32, u64, &[u8], u64)]) -> Vec<u8> {
    let mut file = [b"\x7fELF", &[ELFCLASS64, ELFDATA2MSB, EV_CURRENT][..], &[0; 9]].concat();
    file.extend(ET_EXEC.to_be_bytes());
    file.extend(machine.to_be_bytes());
    file.extend(u32::from(EV_CURRENT).to_be_bytes());
    // The entry point; the offset of the program headers, which follow this header; no section headers.
    for word in [0x1000_u64, 64, 0] {
        file.extend(word.to_be_bytes());
    }
    // No flags.
    file.extend([0; 4]);
    // The size of this header, the size and number of program headers, the size and number of section headers, and the
    // index of the section with the names of sections, which is 0 if there is none.
    for half in [64_u16, 56, segments.len() as u16, 64, 0, 0] {
        file.extend(half.to_be_bytes());
    }
    let mut offset = 64 + 56 * segments.len() as u64;
    for (kind, address, bytes, size) in segments {
        file.extend(kind.to_be_bytes());
        file.extend((PF_R | PF_X).to_be_bytes());
        // The offset in the file, the virtual and the physical address, the sizes in the file and in memory, and the
        // alignment.
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
    let state = load(&elf(EM_MIPS, &[(PT_LOAD, 0x1000, &[1, 2, 3], 2 * PAGE_BYTES as u64)])).unwrap();
    assert_eq!(state.memory.read_word(0x1000), 0x0102_0300_0000_0000);
    // Two pages of the segment, and five of the stack.
    assert_eq!(
        state.memory.page_indices(),
        [1, 2, 0x7_ffff_fffb, 0x7_ffff_fffc, 0x7_ffff_fffd, 0x7_ffff_fffe, 0x7_ffff_ffff]
    );
    // Register 29 is the stack pointer.
    let thread = state.current_thread().unwrap();
    assert_eq!((thread.cpu.pc, thread.cpu.get(29)), (0x1000, 0x7fff_ffff_f000));
}

#[test]
fn the_zeros_of_a_segment_overwrite_an_earlier_segment() {
    let state = load(&elf(EM_MIPS, &[(PT_LOAD, 0x1000, &[255; 32], 32), (PT_LOAD, 0x1003, &[], 9)])).unwrap();
    assert_eq!(state.memory.read_word(0x1000), 0xffff_ff00_0000_0000);
    assert_eq!(state.memory.read_word(0x1008), 0x0000_0000_ffff_ffff);
}

#[test]
fn invalid_programs_are_refused() {
    assert!(matches!(load(b"\x7fELF"), Err(ElfError::Malformed { .. })));
    assert_eq!(load(b"#!/bin/sh").unwrap_err(), ElfError::NotElf);
    // The error for these values of the bytes `EI_CLASS` (the word size) and `EI_DATA` (the byte order).
    let error_of_class = |class: u8, data: u8| {
        let mut file = elf(EM_MIPS, &[]);
        file[4..6].copy_from_slice(&[class, data]);
        load(&file).unwrap_err()
    };
    let wrong = |bits, order| ElfError::Class { bits, order };
    assert_eq!(error_of_class(ELFCLASS64, ELFDATA2LSB), wrong(64, "little"));
    assert_eq!(error_of_class(ELFCLASS32, ELFDATA2LSB), wrong(32, "little"));
    assert_eq!(error_of_class(ELFCLASS32, ELFDATA2MSB), wrong(32, "big"));
    let no_class = 3;
    assert!(matches!(error_of_class(no_class, ELFDATA2MSB), ElfError::Malformed { .. }));
    assert_eq!(load(&elf(EM_X86_64, &[])).unwrap_err(), ElfError::Machine { machine: EM_X86_64 });
    let more_in_file = elf(EM_MIPS, &[(PT_LOAD, 0, &[0; 4], 2)]);
    assert!(matches!(load(&more_in_file), Err(ElfError::SegmentSize { index: 0, .. })));
    // Only a segment of type `PT_LOAD` may be larger in memory than in the file.
    let not_loaded = elf(EM_MIPS, &[(PT_LOAD, 0, &[], 0), (PT_DYNAMIC, 0, &[0; 2], 4)]);
    assert!(matches!(load(&not_loaded), Err(ElfError::SegmentSize { index: 1, .. })));
    for (address, size) in [(0x1000_0000_0000 - 4, 8), (u64::MAX - 4, 8), (8, u64::MAX)] {
        let file = elf(EM_MIPS, &[(PT_LOAD, address, &[], size)]);
        assert!(matches!(load(&file), Err(ElfError::SegmentAddress { index: 0, .. })), "{address:#x}");
    }
    assert!(matches!(load(&elf(EM_MIPS, &[(PT_LOAD, 0, &[], 1 << 40)])), Err(ElfError::Memory(_))));
    // Such a segment is skipped, as in Cannon, whatever its sizes and address.
    assert!(load(&elf(EM_MIPS, &[(PT_MIPS_ABIFLAGS, u64::MAX, &[0; 8], 2)])).is_ok());
    let whole = elf(EM_MIPS, &[(PT_LOAD, 0x1000, &[7; 64], 64)]);
    assert!(matches!(load(&whole[..whole.len() - 1]), Err(ElfError::Malformed { .. })));
}

#[test]
fn segments_that_overlap_too_much_are_refused() {
    let load = |count: usize| {
        let file = elf(EM_MIPS, &vec![(PT_LOAD, 0x1000, &[1][..], 64 << 20); count]);
        load_elf(&file, StateVersion::MultiThreaded64V5, 1 << 16).map(|(state, _)| state.memory.page_count())
    };
    // The 2^14 pages that all segments have in common, and 5 of the stack.
    assert_eq!(load(3), Ok((1 << 14) + 5));
    // Each segment after the first counts its 2^14 pages as overlap: the 17th reaches the limit of 2^18, the 18th
    // (index 17) exceeds it.
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
        mut file in Just(elf(EM_MIPS, &[(PT_LOAD, 0x1000, &[7; 64], 128), (PT_LOAD, 0x4000, &[1; 16], 16)])),
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
