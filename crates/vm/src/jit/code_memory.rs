//! Memory for machine code, in *chunks* of equal size. Each chunk is mapped twice: code is written through one mapping
//! and executed through the other. The protection of a single mapping would have to change before and after each write
//! of code. Each such change would interrupt all threads of the process.

use rustix::{
    fs::{MemfdFlags, memfd_create},
    mm::{MapFlags, ProtFlags, mmap, munmap},
};
use std::{
    fs::File,
    os::fd::AsFd,
    ptr::{NonNull, null_mut},
};

/// The size of a chunk, a multiple of [`ALIGNMENT`].
const CHUNK_BYTES: usize = 4 << 20;
/// The alignment in bytes of each piece of code.
const ALIGNMENT: usize = 32;

/// Machine code at fixed host addresses. Dropping this value frees the memory, so the code must not run any more.
pub(super) struct CodeMemory {
    chunks: Vec<Chunk>,
    /// Bytes of code, without padding.
    used: usize,
}

/// A chunk of code memory.
struct Chunk {
    executable: Mapping,
    writable: Mapping,
    /// Bytes of code and padding. This is the offset of the next piece of code, a multiple of [`ALIGNMENT`].
    used: usize,
}

/// One of the two mappings of a chunk, by its start. Its length is [`CHUNK_BYTES`].
struct Mapping(NonNull<u8>);

// SAFETY: a mapping belongs to one chunk, and is written through `&mut` only.
unsafe impl Send for Mapping {}
// SAFETY: nothing reads or writes the mapping through `&`.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(file: impl AsFd, protection: ProtFlags) -> Option<Self> {
        // SAFETY: the file belongs to this chunk alone, and the system chooses the address. So the mapping aliases only
        // the other mapping of the chunk.
        let start = unsafe { mmap(null_mut(), CHUNK_BYTES, protection, MapFlags::SHARED, file, 0) };
        NonNull::new(start.ok()?.cast()).map(Self)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `new` mapped this length. The code does not run any more, see `CodeMemory`.
        let unmapped = unsafe { munmap(self.0.as_ptr().cast(), CHUNK_BYTES) };
        debug_assert!(unmapped.is_ok());
    }
}

impl Chunk {
    fn new() -> Option<Self> {
        let file = File::from(memfd_create(c"code", MemfdFlags::CLOEXEC).ok()?);
        file.set_len(CHUNK_BYTES as u64).ok()?;
        Some(Self {
            executable: Mapping::new(&file, ProtFlags::READ | ProtFlags::EXEC)?,
            writable: Mapping::new(&file, ProtFlags::READ | ProtFlags::WRITE)?,
            used: 0,
        })
    }

    /// Whether the chunk has room for `bytes` more.
    const fn has_room(&self, bytes: usize) -> bool {
        bytes <= CHUNK_BYTES - self.used
    }

    /// Appends code and returns its executable address. Returns `None` if the code does not fit, or if the system
    /// cannot synchronise the instruction cache.
    fn add(&mut self, code: &[u8]) -> Option<usize> {
        if !self.has_room(code.len()) {
            return None;
        }
        // SAFETY: the sum of `used` and the code's length is at most the length of each mapping.
        let (executable, writable) =
            unsafe { (self.executable.0.as_ptr().add(self.used), self.writable.0.as_ptr().add(self.used)) };
        // SAFETY: the range lies inside the mapping, does not overlap with `code`, and is not executed yet.
        unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), writable, code.len()) };
        // SAFETY: the range is mapped, and was just written through the other mapping.
        unsafe { wasmtime_internal_jit_icache_coherence::clear_cache(executable.cast(), code.len()) }.ok()?;
        wasmtime_internal_jit_icache_coherence::pipeline_flush_mt().ok()?;
        // The new value is at most `CHUNK_BYTES`, because that is a multiple of the alignment.
        self.used = (self.used + code.len()).next_multiple_of(ALIGNMENT);
        Some(executable as usize)
    }
}

impl CodeMemory {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), used: 0 }
    }

    /// Bytes of code, without padding.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// Copies code and returns its executable address. Returns `None` if the code is longer than a chunk, or if a
    /// system call fails.
    pub(super) fn add(&mut self, code: &[u8]) -> Option<usize> {
        if code.len() > CHUNK_BYTES {
            return None;
        }
        if self.chunks.last().is_none_or(|chunk| !chunk.has_room(code.len())) {
            self.chunks.push(Chunk::new()?);
        }
        let address = self.chunks.last_mut()?.add(code)?;
        self.used += code.len();
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_does_not_fit_is_refused() {
        let mut memory = CodeMemory::new();
        assert_eq!(memory.add(&vec![0; CHUNK_BYTES + 1]), None);
        let first = memory.add(&vec![1; CHUNK_BYTES]).unwrap();
        let second = memory.add(&[2]).unwrap();
        // The second piece is in another chunk.
        assert!(second < first || second >= first + CHUNK_BYTES);
        assert_eq!(memory.add(&[3]), Some(second + ALIGNMENT));
        assert_eq!((memory.used(), memory.chunks.len()), (CHUNK_BYTES + 2, 2));
        let mut chunk = Chunk::new().unwrap();
        assert!(chunk.add(&vec![0; CHUNK_BYTES - ALIGNMENT]).is_some());
        assert_eq!(chunk.add(&[0; ALIGNMENT + 1]), None);
        assert!(chunk.add(&[0; ALIGNMENT]).is_some());
        assert_eq!(chunk.add(&[0]), None);
    }
}
