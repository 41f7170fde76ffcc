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
    /// The file does not start as an ELF file.
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
        /// The error.
        reason: String,
    },
    /// The program is for another machine.
    #[error("the ELF file is for machine {machine}, not for MIPS (8)")]
    Machine {
        /// The machine's number (`e_machine`).
        machine: u16,
    },
    /// A segment has more bytes in the file than in memory; or it has fewer, but its type is not `PT_LOAD`, the only
    /// one that is filled with zeros.
    #[error("segment {index} has {file_size} bytes in the file and {memory_size} in memory")]
    SegmentSize {
        /// The segment's place in the table of program headers.
        index: usize,
        /// Its size in the file, in bytes.
        file_size: u64,
        /// Its size in memory, in bytes.
        memory_size: u64,
    },
    /// A segment overlaps the heap or ends beyond the address space.
    #[error(
        "segment {index}, {memory_size} bytes at {address:#x}, reaches into the heap or beyond the address space"
    )]
    SegmentAddress {
        /// The segment's place in the table of program headers.
        index: usize,
        /// Its address.
        address: u64,
        /// Its size in memory, in bytes.
        memory_size: u64,
    },
    /// Too many pages belong to several segments. Loading them repeatedly could take hours.
    #[error("segment {index} and those before it overlap in more than {limit} pages")]
    Overlap {
        /// The segment's place in the table of program headers.
        index: usize,
        /// The limit, in pages of 4 KiB.
        limit: usize,
    },
    /// The program needs more memory than the limit.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// The most pages that are loaded more than once, 1 GiB in all. In a normal program only a few hundred pages belong to
/// several segments: notes and headers lie inside a loaded segment.
const MOST_OVERLAP: usize = 1 << 18;

fn malformed(error: object::read::Error) -> ElfError {
    ElfError::Malformed { reason: error.to_string() }
}

/// Loads a program: its segments, Cannon's initial stack, and initial registers. The metadata has the program's symbols,
/// and is empty if there are none.
///
/// # Errors
/// [`ElfError`]. The program gets at most `most_pages` pages of memory.
pub fn load_elf(
    file: &[u8],
    version: StateVersion,
    most_pages: usize,
) -> Result<(State, Metadata), ElfError> {
    require_class(file)?;
    let header = elf::FileHeader64::<BigEndian>::parse(file).map_err(malformed)?;
    let endian = header.endian().map_err(malformed)?;
    let machine = header.e_machine.get(endian);
    if machine != elf::EM_MIPS {
        return Err(ElfError::Machine { machine });
    }
    let mut memory = Memory::new(most_pages)?;
    let mut overlap = 0;
    for (index, segment) in header.program_headers(endian, file).map_err(malformed)?.iter().enumerate() {
        overlap += load_segment(&mut memory, index, segment, endian, file, MOST_OVERLAP - overlap)?;
    }
    let mut state = State::new(version, memory, header.e_entry.get(endian), HEAP_START);
    stack::set_up(&mut state)?;
    Ok((state, Metadata::of(header, endian, file)))
}

/// Refuses files that are not ELF, and those of another word size or byte order, by the first bytes of the file.
fn require_class(file: &[u8]) -> Result<(), ElfError> {
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

/// Loads a segment, and returns how many of its pages an earlier segment has, at most `most_overlap`.
fn load_segment(
    memory: &mut Memory,
    index: usize,
    segment: &elf::ProgramHeader64<BigEndian>,
    endian: BigEndian,
    file: &[u8],
    most_overlap: usize,
) -> Result<usize, ElfError> {
    let kind = segment.p_type(endian);
    let (file_size, memory_size) = (segment.p_filesz(endian), segment.p_memsz(endian));
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
            memory.touch(page * PAGE_BYTES as u64)?;
        } else if overlap == most_overlap {
            return Err(ElfError::Overlap { index, limit: MOST_OVERLAP });
        } else {
            overlap += 1;
        }
    }
    memory.write_bytes(address, bytes)?;
    if overlap > 0 {
        clear(memory, address + file_size, memory_size - file_size)?;
    }
    Ok(overlap)
}

/// Sets bytes to zero that an earlier segment may have set. Words that are zero already are not stored.
fn clear(memory: &mut Memory, mut address: u64, length: u64) -> Result<(), ElfError> {
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
