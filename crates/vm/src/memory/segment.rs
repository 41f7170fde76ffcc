//! Where guest memory lies in host memory. The guest's address space is divided into *segments* of 4 GiB.
//!
//! A segment is *mapped* by the first store to it: it gets 4 GiB of host address space. The system allocates a page of
//! it when that page is first written. The host address of a word is its guest address plus a constant of the segment,
//! so a compiled load is cheap. All segments that were never stored to share one segment of zeros, so a load needs no
//! test for them. Each page has a byte of flags. A store needs no further check if the flags of its page are exactly
//! [`WRITABLE`].
//!
//! A segment is mapped read-only. The first store to a *chunk* of 64 MiB makes the chunk writable. So a system that
//! charges for memory in advance (`vm.overcommit_memory=2`, `ulimit -d`) charges only for writable chunks, not for
//! whole segments.
//!
//! The address space of a process is limited, and so is the number of its mappings. If the first store to a segment
//! cannot map it, the segment becomes *sparse*: its entry has no words, and [`super::Memory`] keeps its pages in a map.

use super::{
    MemoryError, PAGE_SHIFT, WORDS_PER_PAGE,
    budget::{Budget, Lease},
    flags::WRITABLE,
};
use alloy_primitives::map::HashMap;
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use std::{
    ptr::{NonNull, null_mut},
    sync::Arc,
};

/// The number of low bits of an address that select a byte in a segment.
pub(crate) const SEGMENT_SHIFT: u32 = 32;
/// The number of entries of the segment table: one for each segment below 2^48, and one for all addresses above.
pub(crate) const SEGMENTS: usize = (1 << (48 - SEGMENT_SHIFT)) + 1;
const SEGMENT_BYTES: usize = 1 << SEGMENT_SHIFT;
const PAGES_PER_SEGMENT: usize = SEGMENT_BYTES >> PAGE_SHIFT;
/// The size of the inaccessible guard before and behind each mapping. Compiled code adds offsets of at most a few KiB
/// to an address that it has checked. If such an offset were wrong, the access would fault in a guard and not reach the
/// host's own memory.
const GUARD_BYTES: usize = 1 << 20;
const CHUNK_BYTES: usize = 1 << 26;
const CHUNKS_PER_SEGMENT: usize = SEGMENT_BYTES / CHUNK_BYTES;
/// How many of Linux's mappings a new segment takes: its words, its flags, and two guards for each.
const SEGMENT_MAPPINGS: usize = 6;
/// How many mappings a chunk adds at most when it becomes writable, because it divides a mapping into three.
const CHUNK_MAPPINGS: usize = 2;
/// The size of a segment's page tables after loads from all its pages: 8 bytes for each page. The upper levels of these
/// tables are negligible.
pub(super) const PAGE_TABLE_BYTES: usize = PAGES_PER_SEGMENT * 8;

/// An entry of the segment table: a segment as compiled code sees it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct SegmentEntry {
    /// The segment's words, each in the host's byte order: byte `i` of a guest's word is byte `7 - i` on a
    /// little-endian host. Null if the segment is sparse.
    pub(crate) words: *mut u8,
    /// One byte of flags per page. All flags are 0 if the segment is not mapped.
    pub(crate) flags: *mut u8,
}

/// Anonymous memory of the operating system between two guards. It is zero at first.
struct Mapping {
    /// The beginning of the first guard.
    reserved: NonNull<u8>,
    /// The bytes between the guards.
    length: usize,
}

impl Mapping {
    /// Maps `length` bytes. Returns `None` if the system refuses.
    fn new(length: usize, protection: MprotectFlags) -> Option<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: an anonymous private mapping at an address of the system's choice aliases nothing.
        let reserved =
            unsafe { mmap_anonymous(null_mut(), length + 2 * GUARD_BYTES, ProtFlags::empty(), flags) };
        let mapping = Self { reserved: NonNull::new(reserved.ok()?.cast())?, length };
        // SAFETY: the range lies inside the mapping, to which nothing points yet.
        unsafe { mprotect(mapping.start().cast(), length, protection) }.ok()?;
        // With huge pages, a store of one word would take 2 MiB. A kernel without huge pages refuses this advice; the
        // refusal does not matter.
        // SAFETY: as above; the advice does not change what the memory contains.
        let _ = unsafe { madvise(mapping.start().cast(), length, Advice::LinuxNoHugepage) };
        Some(mapping)
    }

    /// Makes `length` bytes of the mapping writable, from `offset` on. Returns false if the system refuses.
    fn make_writable(&self, offset: usize, length: usize) -> bool {
        assert!(offset + length <= self.length, "a part outside the mapping");
        // SAFETY: the part lies inside the mapping. More rights do not invalidate pointers to it.
        unsafe {
            let part = self.start().add(offset);
            mprotect(part.cast(), length, MprotectFlags::READ | MprotectFlags::WRITE).is_ok()
        }
    }

    /// The first byte after the first guard.
    const fn start(&self) -> *mut u8 {
        // SAFETY: the mapping is longer than its first guard.
        unsafe { self.reserved.as_ptr().add(GUARD_BYTES) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `new` made the mapping with this length, and no pointer into it outlives its owner.
        let unmapped = unsafe { munmap(self.reserved.as_ptr().cast(), self.length + 2 * GUARD_BYTES) };
        debug_assert!(unmapped.is_ok());
    }
}

/// A mapped segment.
struct Segment {
    words: Mapping,
    flags: Mapping,
    /// Bit `i` is set if chunk `i` is writable.
    writable_chunks: u64,
    /// The mappings that it has taken from the budget.
    lease: Lease,
}

impl Segment {
    /// Maps a segment of zeros without writable chunks. Returns `None` if the budget is used up or the system refuses.
    fn new(budget: &Arc<Budget>) -> Option<Self> {
        let lease = budget.take(SEGMENT_MAPPINGS)?;
        let words = Mapping::new(SEGMENT_BYTES, MprotectFlags::READ)?;
        let flags = Mapping::new(PAGES_PER_SEGMENT, MprotectFlags::READ | MprotectFlags::WRITE)?;
        Some(Self { words, flags, writable_chunks: 0, lease })
    }

    const fn entry(&self) -> SegmentEntry {
        SegmentEntry { words: self.words.start(), flags: self.flags.start() }
    }

    /// Whether the chunk of `address` is writable.
    const fn is_chunk_writable(&self, address: u64) -> bool {
        self.writable_chunks >> chunk_index(address) & 1 == 1
    }

    /// Makes the chunk of `address` writable. If that fails, for example because no mappings are left to divide the
    /// segment, makes the whole segment writable. Returns false if the system refuses this, too.
    fn make_chunk_writable(&mut self, address: u64) -> bool {
        if self.is_chunk_writable(address) {
            return true;
        }
        let chunk = chunk_index(address);
        if self.lease.extend(CHUNK_MAPPINGS) && self.words.make_writable(chunk * CHUNK_BYTES, CHUNK_BYTES) {
            self.writable_chunks |= 1 << chunk;
            return true;
        }
        if self.words.make_writable(0, SEGMENT_BYTES) {
            self.writable_chunks = u64::MAX;
            return true;
        }
        false
    }
}

/// All segments of a guest.
pub(crate) struct Segments {
    table: Box<[SegmentEntry]>,
    /// The entry of all segments that are neither mapped nor sparse. They share its words and flags, which are zero.
    zero_entry: SegmentEntry,
    /// Keeps the memory of `zero_entry`.
    _zeros: [Mapping; 2],
    /// The mapped segments, by their index in the table.
    mapped: HashMap<usize, Segment>,
    max_mapped: usize,
    budget: Arc<Budget>,
}

// SAFETY: the pointers lead into mappings that this value owns. These are only written through `&mut self`, or by
// compiled code while its machine is borrowed mutably.
unsafe impl Send for Segments {}
// SAFETY: through `&self`, the mappings are only read.
unsafe impl Sync for Segments {}

impl Segments {
    /// Segments of zeros. Stores can map at most `max_mapped` of them, with mappings from `budget`.
    ///
    /// # Errors
    /// [`MemoryError::Reserve`].
    pub(super) fn new(max_mapped: usize, budget: Arc<Budget>) -> Result<Self, MemoryError> {
        let zeros =
            |length| Mapping::new(length, MprotectFlags::READ).ok_or(MemoryError::Reserve { bytes: length });
        let (words, flags) = (zeros(SEGMENT_BYTES)?, zeros(PAGES_PER_SEGMENT)?);
        let zero_entry = SegmentEntry { words: words.start(), flags: flags.start() };
        Ok(Self {
            table: vec![zero_entry; SEGMENTS].into_boxed_slice(),
            zero_entry,
            _zeros: [words, flags],
            mapped: HashMap::default(),
            max_mapped,
            budget,
        })
    }

    /// The segment table for compiled code. It has [`SEGMENTS`] entries.
    pub(crate) fn table(&self) -> *const SegmentEntry {
        self.table.as_ptr()
    }

    #[inline]
    fn entry(&self, address: u64) -> SegmentEntry {
        self.table[segment_index(address)]
    }

    /// The word at `address`, whose low three bits are ignored. Returns `None` if the segment is sparse, and 0 if it
    /// was never stored to.
    #[inline]
    pub(crate) fn read(&self, address: u64) -> Option<u64> {
        let words = self.entry(address).words;
        if words.is_null() {
            return None;
        }
        // SAFETY: words that are not null are a readable mapping of `SEGMENT_BYTES`; the offset is aligned and inside
        // it.
        Some(unsafe { words.add(word_offset(address)).cast::<u64>().read() })
    }

    /// The flags of the page of `address`. They are 0 if the segment is not mapped.
    #[inline]
    pub(crate) fn flags(&self, address: u64) -> u8 {
        // SAFETY: the flags of every entry are a readable mapping of `PAGES_PER_SEGMENT` bytes.
        unsafe { self.entry(address).flags.add(page_in_segment(address)).read() }
    }

    /// Whether the segment of `address` is mapped.
    pub(crate) fn is_mapped(&self, address: u64) -> bool {
        let words = self.entry(address).words;
        words != self.zero_entry.words && !words.is_null()
    }

    /// Whether the segment of `address` is sparse.
    pub(crate) fn is_sparse(&self, address: u64) -> bool {
        self.entry(address).words.is_null()
    }

    /// Whether the chunk of `address` is mapped and writable.
    pub(crate) fn is_chunk_writable(&self, address: u64) -> bool {
        self.mapped.get(&segment_index(address)).is_some_and(|segment| segment.is_chunk_writable(address))
    }

    /// Prepares the chunk of `address` for stores: maps its segment, unless it is mapped already, and makes the chunk
    /// writable. Returns false if the segment is sparse. The segment becomes sparse here if it cannot be mapped: its
    /// address is too high, a limit on mapped segments is reached, or the system refuses.
    ///
    /// # Errors
    /// [`MemoryError::Commit`] if the segment is mapped already and the system refuses to make the chunk writable.
    pub(crate) fn make_chunk_writable(&mut self, address: u64) -> Result<bool, MemoryError> {
        if self.is_sparse(address) {
            return Ok(false);
        }
        let index = segment_index(address);
        if let Some(segment) = self.mapped.get_mut(&index) {
            if segment.make_chunk_writable(address) {
                return Ok(true);
            }
            return Err(MemoryError::Commit { bytes: CHUNK_BYTES });
        }
        let Some(segment) = self.map(address) else {
            // Null marks the segment as sparse.
            self.table[index].words = null_mut();
            return Ok(false);
        };
        self.table[index] = segment.entry();
        self.mapped.insert(index, segment);
        Ok(true)
    }

    /// A new segment for `address`. The chunk of `address` is writable. `None` if the segment cannot be mapped.
    fn map(&self, address: u64) -> Option<Segment> {
        // The last entry of the table stands for many segments.
        if segment_index(address) == SEGMENTS - 1 || self.mapped.len() >= self.max_mapped {
            return None;
        }
        let mut segment = Segment::new(&self.budget)?;
        segment.make_chunk_writable(address).then_some(segment)
    }

    /// Stores the word at `address`, whose low three bits are ignored, if the flags of its page are exactly
    /// [`WRITABLE`]. Returns whether it stored.
    #[inline]
    pub(crate) fn try_write(&mut self, address: u64, value: u64) -> bool {
        if self.flags(address) != WRITABLE {
            return false;
        }
        // SAFETY: only pages of writable chunks have these flags, and the offset is aligned and inside the segment.
        unsafe { self.entry(address).words.add(word_offset(address)).cast::<u64>().write(value) }
        true
    }

    /// Stores the word at `address`, whose low three bits are ignored. The flags of its page are not checked.
    ///
    /// # Panics
    /// If the chunk of `address` is not writable.
    #[inline]
    pub(crate) fn write(&mut self, address: u64, value: u64) {
        assert!(self.is_chunk_writable(address), "a store to a chunk that is not writable");
        // SAFETY: the chunk is writable, and the offset is aligned and inside it.
        unsafe { self.entry(address).words.add(word_offset(address)).cast::<u64>().write(value) }
    }

    /// The page of `address`, for writing. Its chunk must be writable.
    ///
    /// # Panics
    /// If the segment is not mapped.
    pub(crate) fn page_mut(&mut self, address: u64) -> &mut [u64; WORDS_PER_PAGE] {
        assert!(self.is_mapped(address), "a page in an unmapped segment");
        let words = self.entry(address).words;
        // SAFETY: the page lies inside a mapping, is aligned, and is borrowed with `self`.
        unsafe { &mut *words.add(page_in_segment(address) << PAGE_SHIFT).cast::<[u64; WORDS_PER_PAGE]>() }
    }

    /// Sets the flags of the page of `address`.
    ///
    /// # Panics
    /// If the segment is not mapped.
    pub(crate) fn set_flags(&mut self, address: u64, flags: u8) {
        assert!(self.is_mapped(address), "flags in an unmapped segment");
        // SAFETY: the flags of a mapped segment are writable, and the page's index is below `PAGES_PER_SEGMENT`.
        unsafe { self.entry(address).flags.add(page_in_segment(address)).write(flags) }
    }

    /// The page of `address`. It is all zeros if its segment was never stored to.
    ///
    /// # Panics
    /// If the segment is sparse.
    pub(crate) fn page(&self, address: u64) -> &[u64; WORDS_PER_PAGE] {
        let words = self.entry(address).words;
        assert!(!words.is_null(), "a page in a sparse segment");
        // SAFETY: the page lies inside a readable mapping, is aligned, and is not written while `self` is borrowed.
        unsafe { &*words.add(page_in_segment(address) << PAGE_SHIFT).cast::<[u64; WORDS_PER_PAGE]>() }
    }
}

/// The index of the segment of `address` in the table.
#[inline]
fn segment_index(address: u64) -> usize {
    ((address >> SEGMENT_SHIFT) as usize).min(SEGMENTS - 1)
}

/// The offset in bytes of `address` in its segment: its lower 32 bits.
#[inline]
const fn offset_in_segment(address: u64) -> usize {
    address as usize & (SEGMENT_BYTES - 1)
}

/// The index of the chunk of `address` in its segment, and of its bit in [`Segment::writable_chunks`].
const fn chunk_index(address: u64) -> usize {
    const { assert!(CHUNKS_PER_SEGMENT == u64::BITS as usize) };
    offset_in_segment(address) / CHUNK_BYTES
}

/// The index of the page of `address` in its segment.
#[inline]
const fn page_in_segment(address: u64) -> usize {
    offset_in_segment(address) >> PAGE_SHIFT
}

/// The offset in bytes of the word of `address` in its segment.
#[inline]
const fn word_offset(address: u64) -> usize {
    offset_in_segment(address) & !7
}
