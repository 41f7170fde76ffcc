//! Loads 64-bit big-endian MIPS executables.

use super::{Metadata, stack};
use crate::{
    layout::HEAP_START,
    memory::{Memory, MemoryError, PAGE_BYTES, PAGE_SHIFT},
    state::State,
    version::StateVersion,
};
use object::{
    BigEndian, elf,
    read::elf::{FileHeader, ProgramHeader},
};

/// Why a file cannot be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The file does not begin with the magic number of ELF files.
    #[error("not an ELF file")]
    NotElf,
    /// The file is for machines of another word size or byte order.
    #[error("{bits}-bit {order}-endian ELF file: the VM runs 64-bit big-endian MIPS")]
    Class {
        /// The word size, in bits.
        bits: u8,
        /// The byte order, `big` or `little`.
        order: &'static str,
    },
    /// The ELF file is damaged.
    #[error("damaged ELF file: {reason}")]
    Malformed {
        /// What is wrong.
        reason: String,
    },
    /// The program is for another processor architecture.
    #[error("the ELF file is for machine {machine}, not for MIPS (machine 8)")]
    Machine {
        /// The machine's number (`e_machine`).
        machine: u16,
    },
    /// A segment has more bytes in the file than in memory; or it has fewer and is not of type `PT_LOAD`. Only
    /// `PT_LOAD` segments are filled up with zeros.
    #[error("segment {index} has {file_size} bytes in the file and {memory_size} in memory")]
    SegmentSize {
        /// The segment's index in the table of program headers.
        index: usize,
        /// Its size in the file, in bytes.
        file_size: u64,
        /// Its size in memory, in bytes.
        memory_size: u64,
    },
    /// A segment does not lie below the heap.
    #[error(
        "segment {index}, {memory_size} bytes at {address:#x}, does not lie below the heap, which begins at {:#x}",
        HEAP_START
    )]
    SegmentAddress {
        /// The segment's index in the table of program headers.
        index: usize,
        /// Its address in memory.
        address: u64,
        /// Its size in memory, in bytes.
        memory_size: u64,
    },
    /// Too many pages of the segments up to this one were loaded already, for an earlier segment. Each is loaded once
    /// more, so a small file with many segments could take hours to load.
    #[error(
        "segment {index} and those before it load more than {limit} pages that an earlier segment loaded"
    )]
    Overlap {
        /// The segment's index in the table of program headers.
        index: usize,
        /// The limit, in pages of 4 KiB.
        limit: usize,
    },
    /// Memory could not be allocated for the program.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// The most pages that may be loaded once more, the sum over all segments. A normal program needs a few, because its
/// segments for notes and headers lie inside other segments.
const MAX_OVERLAP: usize = 1 << 18;

fn malformed(error: object::read::Error) -> ElfError {
    ElfError::Malformed { reason: error.to_string() }
}

/// Loads a program. Returns the initial state, in which Cannon's initial stack is set up, and the program's symbols.
/// `max_pages` limits the guest's memory, now and while it runs, in pages of 4 KiB.
///
/// # Errors
/// [`ElfError`].
pub fn load_elf(file: &[u8], version: StateVersion, max_pages: usize) -> Result<(State, Metadata), ElfError> {
    check_class(file)?;
    let header = elf::FileHeader64::<BigEndian>::parse(file).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let machine = header.e_machine.get(endian);
    if machine != elf::EM_MIPS {
        return Err(ElfError::Machine { machine });
    }
    let mut memory = Memory::new(max_pages)?;
    let mut overlap = 0;
    for (index, segment) in header.program_headers(endian, file).map_err(malformed)?.iter().enumerate() {
        overlap += load_segment(&mut memory, index, segment, endian, file, MAX_OVERLAP - overlap)?;
    }
    let mut state = State::new(version, memory, header.e_entry.get(endian), HEAP_START);
    stack::set_up(&mut state)?;
    Ok((state, Metadata::of(header, endian, file)))
}

/// Checks the first bytes of a file: refuses files that are not ELF, and those of another word size or byte order. If
/// word size or byte order have no valid value, the parser will report that.
fn check_class(file: &[u8]) -> Result<(), ElfError> {
    let Some(identification) = file.strip_prefix(&elf::ELFMAG) else { return Err(ElfError::NotElf) };
    let bits = match identification.first() {
        Some(&elf::ELFCLASS32) => 32,
        Some(&elf::ELFCLASS64) => 64,
        _ => return Ok(()),
    };
    match (bits, identification.get(1)) {
        (32 | 64, Some(&elf::ELFDATA2LSB)) => Err(ElfError::Class { bits, order: "little" }),
        (32, Some(&elf::ELFDATA2MSB)) => Err(ElfError::Class { bits, order: "big" }),
        _ => Ok(()),
    }
}

/// Loads a segment. Returns how many of its pages an earlier segment loaded, too. More than `max_overlap` such pages
/// are an error.
fn load_segment(
    memory: &mut Memory,
    index: usize,
    segment: &elf::ProgramHeader64<BigEndian>,
    endian: BigEndian,
    file: &[u8],
    max_overlap: usize,
) -> Result<usize, ElfError> {
    let kind = segment.p_type(endian);
    let (file_size, memory_size) = (segment.p_filesz(endian), segment.p_memsz(endian));
    // As in Cannon, a segment of this type is not loaded: it only describes the ABI.
    if kind == elf::PT_MIPS_ABIFLAGS {
        return Ok(0);
    }
    if file_size > memory_size || (file_size != memory_size && kind != elf::PT_LOAD) {
        return Err(ElfError::SegmentSize { index, file_size, memory_size });
    }
    let address = segment.p_vaddr(endian);
    let Some(last) = memory_size.checked_sub(1) else { return Ok(0) };
    if address.checked_add(last).is_none_or(|last| last >= HEAP_START) {
        return Err(ElfError::SegmentAddress { index, address, memory_size });
    }
    let bytes = segment.data(endian, file).map_err(|()| ElfError::Malformed {
        reason: format!("segment {index} reaches beyond the end of the file"),
    })?;
    let mut overlap = 0;
    for page in address >> PAGE_SHIFT..=(address + last) >> PAGE_SHIFT {
        if memory.page(page).is_none() {
            memory.allocate(page * PAGE_BYTES as u64)?;
        } else if overlap == max_overlap {
            return Err(ElfError::Overlap { index, limit: MAX_OVERLAP });
        } else {
            overlap += 1;
        }
    }
    memory.write_bytes(address, bytes)?;
    // New pages are zero already. An overlap may contain bytes of an earlier segment.
    if overlap > 0 {
        zero_bytes(memory, address + file_size, memory_size - file_size)?;
    }
    Ok(overlap)
}

/// Zeroes `length` bytes that begin at `address`. Words that are zero already are not stored, so that a page of zeros
/// needs no host memory.
fn zero_bytes(memory: &mut Memory, mut address: u64, length: u64) -> Result<(), ElfError> {
    let end = address + length;
    while address < end {
        let take = (8 - (address & 7)).min(end - address);
        let mut piece = [0; 8];
        memory.read_bytes(address, &mut piece[..take as usize]);
        if piece != [0; 8] {
            memory.write_bytes(address, &[0; 8][..take as usize])?;
        }
        address += take;
    }
    Ok(())
}
