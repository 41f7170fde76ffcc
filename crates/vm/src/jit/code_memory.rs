//! Memory for machine code: writable while it is filled, then executable, never both.

use std::ptr::NonNull;

/// Bytes that are asked of the system at a time.
const CHUNK: usize = 4 << 20;
/// The alignment of code.
const ALIGNMENT: usize = 32;
/// The smallest part of memory that has rights of its own, on every host that is supported.
const HOST_PAGE: usize = 64 << 10;

/// All machine code of a machine.
pub(super) struct CodeMemory {
    chunks: Vec<Chunk>,
    /// Bytes in use.
    used: usize,
}

struct Chunk {
    start: NonNull<u8>,
    used: usize,
}

// SAFETY: a chunk is memory of its own, written through `&mut` only.
unsafe impl Send for Chunk {}
// SAFETY: through `&` it is not accessed at all.
unsafe impl Sync for Chunk {}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; whoever owns the code memory does not run code of it any more.
        unsafe {
            libc::munmap(self.start.as_ptr().cast(), CHUNK);
        }
    }
}

impl Chunk {
    fn new() -> Option<Self> {
        // SAFETY: an anonymous private mapping at an address of the system's choice aliases nothing.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                CHUNK,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        Some(Self { start: NonNull::new(start.cast())?, used: 0 })
    }

    /// Copies code behind what is there, and has it executable.
    fn add(&mut self, code: &[u8]) -> Option<usize> {
        let from = self.used & !(HOST_PAGE - 1);
        let to = (self.used + code.len()).next_multiple_of(HOST_PAGE).min(CHUNK);
        self.protect(from, to, libc::PROT_READ | libc::PROT_WRITE)?;
        // SAFETY: the caller saw to it that there is room; the pages are writable, and no code runs meanwhile, since
        // code memory is borrowed mutably.
        let place = unsafe {
            let place = self.start.as_ptr().add(self.used);
            std::ptr::copy_nonoverlapping(code.as_ptr(), place, code.len());
            place
        };
        self.protect(from, to, libc::PROT_READ | libc::PROT_EXEC)?;
        // SAFETY: the range was just written.
        unsafe { wasmtime_internal_jit_icache_coherence::clear_cache(place.cast(), code.len()) }.ok()?;
        wasmtime_internal_jit_icache_coherence::pipeline_flush_mt().ok()?;
        self.used = (self.used + code.len()).next_multiple_of(ALIGNMENT);
        Some(place as usize)
    }

    fn protect(&self, from: usize, to: usize, rights: libc::c_int) -> Option<()> {
        // SAFETY: `from..to` are whole pages inside the mapping.
        let result = unsafe { libc::mprotect(self.start.as_ptr().add(from).cast(), to - from, rights) };
        (result == 0).then_some(())
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

    /// Takes code in and returns where it lies; nothing if the system does not give memory for it.
    pub(super) fn add(&mut self, code: &[u8]) -> Option<usize> {
        if code.len() > CHUNK {
            return None;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.used + code.len() > CHUNK) {
            self.chunks.push(Chunk::new()?);
        }
        let place = self.chunks.last_mut()?.add(code)?;
        self.used += code.len();
        Some(place)
    }
}
