//! Memory for machine code. Each chunk is mapped twice: code is written through one mapping and executed through the
//! other. Changing the protection of one mapping between writing and executing would interrupt all threads of the process
//! for each piece of code.

use rustix::{
    fs::{MemfdFlags, memfd_create},
    mm::{MapFlags, ProtFlags, mmap, munmap},
};
use std::{
    fs::File,
    os::fd::AsFd,
    ptr::{NonNull, null_mut},
};

/// Bytes that are requested from the system at a time.
const CHUNK_BYTES: usize = 4 << 20;
/// The alignment of code.
const ALIGNMENT: usize = 32;

/// All machine code of a machine.
pub(super) struct CodeMemory {
    chunks: Vec<Chunk>,
    /// Bytes in use.
    used: usize,
}

/// Memory that is mapped twice.
struct Chunk {
    executable: Mapping,
    writable: Mapping,
    /// Bytes in use, a multiple of [`ALIGNMENT`].
    used: usize,
}

/// One of a chunk's two mappings.
struct Mapping(NonNull<u8>);

// SAFETY: a mapping belongs to one chunk, and is written through `&mut` only.
unsafe impl Send for Mapping {}
// SAFETY: nothing reads or writes the mapping through `&`.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(file: impl AsFd, protection: ProtFlags) -> Option<Self> {
        // SAFETY: the file belongs to this chunk alone, and the system chooses the address: the mapping aliases only the
        // chunk's other one.
        let start = unsafe { mmap(null_mut(), CHUNK_BYTES, protection, MapFlags::SHARED, file, 0) };
        NonNull::new(start.ok()?.cast()).map(Self)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `new` mapped this length; the owner of the code memory does not run its code any more.
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

    /// Whether `bytes` more fit.
    const fn has_room(&self, bytes: usize) -> bool {
        bytes <= CHUNK_BYTES - self.used
    }

    /// Appends code and returns its address; `None` if it does not fit.
    fn add(&mut self, code: &[u8]) -> Option<usize> {
        if !self.has_room(code.len()) {
            return None;
        }
        // SAFETY: both mappings are longer than `used` and the code together.
        let (place, writable) =
            unsafe { (self.executable.0.as_ptr().add(self.used), self.writable.0.as_ptr().add(self.used)) };
        // SAFETY: the range lies inside the mapping, is not executed yet, and does not overlap with `code`.
        unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), writable, code.len()) };
        // SAFETY: the range is mapped, and was just written through the other mapping.
        unsafe { wasmtime_internal_jit_icache_coherence::clear_cache(place.cast(), code.len()) }.ok()?;
        wasmtime_internal_jit_icache_coherence::pipeline_flush_mt().ok()?;
        // The size of a chunk is a multiple of the alignment.
        self.used = (self.used + code.len()).next_multiple_of(ALIGNMENT);
        Some(place as usize)
    }
}

impl CodeMemory {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), used: 0 }
    }

    /// Bytes in use.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// Copies code and returns its address; `None` if the system gives no memory, or the code is longer than a chunk.
    pub(super) fn add(&mut self, code: &[u8]) -> Option<usize> {
        if code.len() > CHUNK_BYTES {
            return None;
        }
        if self.chunks.last().is_none_or(|chunk| !chunk.has_room(code.len())) {
            self.chunks.push(Chunk::new()?);
        }
        let place = self.chunks.last_mut()?.add(code)?;
        self.used += code.len();
        Some(place)
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
