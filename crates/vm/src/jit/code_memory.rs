//! Memory for machine code, which is written at one address and executed at another. To change the rights of memory
//! instead, between writing and executing, would interrupt every processor that runs a thread of this process, once for
//! each piece of code.

use rustix::fs::{MemfdFlags, memfd_create};
use std::{fs::File, os::fd::AsRawFd, ptr::NonNull};

/// Bytes that are asked of the system at a time.
const CHUNK: usize = 4 << 20;
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
    executable: View,
    writable: View,
    used: usize,
}

/// A mapping of a chunk.
struct View(NonNull<u8>);

// SAFETY: a view is memory of its own chunk, written through `&mut` only.
unsafe impl Send for View {}
// SAFETY: through `&` it is not accessed at all.
unsafe impl Sync for View {}

impl View {
    fn new(file: &impl AsRawFd, rights: libc::c_int) -> Option<Self> {
        // SAFETY: a mapping of a file that nobody else knows, at an address of the system's choice, aliases nothing but
        // the chunk's other view.
        let start =
            unsafe { libc::mmap(std::ptr::null_mut(), CHUNK, rights, libc::MAP_SHARED, file.as_raw_fd(), 0) };
        if start == libc::MAP_FAILED { None } else { NonNull::new(start.cast()).map(Self) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: mapped by `new` with this length; whoever owns the code memory does not run code of it any more.
        unsafe {
            libc::munmap(self.0.as_ptr().cast(), CHUNK);
        }
    }
}

impl Chunk {
    fn new() -> Option<Self> {
        let file = File::from(memfd_create(c"code", MemfdFlags::CLOEXEC).ok()?);
        file.set_len(CHUNK as u64).ok()?;
        Some(Self {
            executable: View::new(&file, libc::PROT_READ | libc::PROT_EXEC)?,
            writable: View::new(&file, libc::PROT_READ | libc::PROT_WRITE)?,
            used: 0,
        })
    }

    /// Copies code behind what is there, and says where it can be run.
    fn add(&mut self, code: &[u8]) -> Option<usize> {
        // SAFETY: the caller saw to it that there is room, in both views.
        let (place, writable) =
            unsafe { (self.executable.0.as_ptr().add(self.used), self.writable.0.as_ptr().add(self.used)) };
        // SAFETY: nobody reads these bytes yet, and they are not those of `code`.
        unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), writable, code.len()) };
        // SAFETY: the range was just written, by its other view.
        unsafe { wasmtime_internal_jit_icache_coherence::clear_cache(place.cast(), code.len()) }.ok()?;
        wasmtime_internal_jit_icache_coherence::pipeline_flush_mt().ok()?;
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
