//! Where guest memory lies in host memory: segments of 4 GiB of address space, which the system backs page by page on
//! first touch.
//!
//! Inside a segment, the host address of a word is the guest address plus a constant. That makes a compiled load cheap.
//! All segments without pages share one segment of zeros, so a load from them needs no test. Each segment has one byte
//! of flags per page; a store needs a check unless the flags are [`WRITABLE`].
//!
//! A segment is mapped read-only. The first store to a *chunk* of 64 MiB makes the chunk writable. A system that
//! commits memory in advance (`vm.overcommit_memory=2`, `ulimit -d`) charges only what is writable, not the whole
//! segment.
//!
//! Address space and mappings are finite. A segment that cannot be mapped is *sparse*: its entry has no words, and
//! [`super::Memory`] keeps its pages in a map.

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

/// Bits of an address inside its segment.
pub(crate) const SEGMENT_SHIFT: u32 = 32;
/// Entries of the segment table: one for each segment below 2^48, and one for all addresses above.
pub(crate) const SEGMENTS: usize = (1 << (48 - SEGMENT_SHIFT)) + 1;
const SEGMENT_BYTES: usize = 1 << SEGMENT_SHIFT;
const PAGES: usize = SEGMENT_BYTES >> PAGE_SHIFT;
/// Bytes before and behind each mapping that cannot be accessed. Compiled code adds offsets of a few KiB at most to an
/// address that it has checked, so a wrong offset hits a guard and not the host's memory.
const GUARD_BYTES: usize = 1 << 20;
/// Bytes of a chunk.
const CHUNK_BYTES: usize = 1 << 26;
/// Chunks of a segment.
const CHUNKS: usize = SEGMENT_BYTES / CHUNK_BYTES;
/// The most mappings of a new segment: its words, its flags, and two guards for each.
const SEGMENT_MAPPINGS: usize = 6;
/// The most mappings that a chunk adds when it becomes writable: it and the rest of the segment behind it.
const CHUNK_MAPPINGS: usize = 2;
/// The most bytes of page tables of a segment: 8 bytes for each page, and the levels above. Loads alone can make the
/// system allocate them.
pub(super) const PAGE_TABLE_BYTES: usize = PAGES * 8;

/// One segment as compiled code sees it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Entry {
    /// The segment's words, in host order: the guest's byte `i` of a word is byte `i ^ 7` on a little-endian host. Null
    /// if the segment is sparse.
    pub(crate) words: *mut u8,
    /// One byte of flags per page; zeros if the segment is sparse.
    pub(crate) flags: *mut u8,
}

/// Anonymous memory of the operating system, zero until touched, between two guards.
struct Mapping {
    /// Where the first guard begins.
    reserved: NonNull<u8>,
    length: usize,
}

impl Mapping {
    /// `length` bytes; `None` if the system refuses.
    fn new(length: usize, protection: MprotectFlags) -> Option<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: an anonymous private mapping at an address of the system's choice aliases nothing.
        let reserved =
            unsafe { mmap_anonymous(null_mut(), length + 2 * GUARD_BYTES, ProtFlags::empty(), flags) };
        let mapping = Self { reserved: NonNull::new(reserved.ok()?.cast())?, length };
        // SAFETY: the range lies inside the mapping, to which nothing points yet.
        unsafe { mprotect(mapping.start().cast(), length, protection) }.ok()?;
        // With huge pages, a single touched word would cost 2 MiB. A kernel without huge pages refuses the advice, and
        // does not need it.
        // SAFETY: as above; the advice does not change what the memory contains.
        let _ = unsafe { madvise(mapping.start().cast(), length, Advice::LinuxNoHugepage) };
        Some(mapping)
    }

    /// Makes a part of the mapping writable, given by its offset and length in bytes; false if the system refuses.
    fn make_writable(&self, offset: usize, length: usize) -> bool {
        assert!(offset + length <= self.length, "a part outside the mapping");
        // SAFETY: the part lies inside the mapping. More rights do not invalidate pointers to it.
        unsafe {
            let part = self.start().add(offset);
            mprotect(part.cast(), length, MprotectFlags::READ | MprotectFlags::WRITE).is_ok()
        }
    }

    /// The first byte behind the guard.
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

/// What a segment with pages owns.
struct Segment {
    words: Mapping,
    flags: Mapping,
    /// A bit for each chunk that is writable.
    writable: u64,
    lease: Lease,
}

impl Segment {
    /// A segment of zeros, not writable; `None` if the budget or the system has no room.
    fn new(budget: &Arc<Budget>) -> Option<Self> {
        let lease = budget.take(SEGMENT_MAPPINGS)?;
        let words = Mapping::new(SEGMENT_BYTES, MprotectFlags::READ)?;
        let flags = Mapping::new(PAGES, MprotectFlags::READ | MprotectFlags::WRITE)?;
        Some(Self { words, flags, writable: 0, lease })
    }

    const fn entry(&self) -> Entry {
        Entry { words: self.words.start(), flags: self.flags.start() }
    }

    const fn is_writable(&self, address: u64) -> bool {
        self.writable >> chunk(address) & 1 == 1
    }

    /// Makes the chunk of `address` writable; the whole segment if there are no mappings left to divide it. False if the
    /// system refuses.
    fn make_writable(&mut self, address: u64) -> bool {
        let chunk = chunk(address);
        if self.is_writable(address) {
            return true;
        }
        if self.lease.extend(CHUNK_MAPPINGS) && self.words.make_writable(chunk * CHUNK_BYTES, CHUNK_BYTES) {
            self.writable |= 1 << chunk;
            return true;
        }
        let all = self.words.make_writable(0, SEGMENT_BYTES);
        if all {
            self.writable = u64::MAX;
        }
        all
    }
}

/// All segments of a guest.
pub(crate) struct Segments {
    table: Box<[Entry]>,
    zero: Entry,
    /// What the entry `zero` points to.
    _zeros: [Mapping; 2],
    /// The segments with pages, by their place in the table.
    mapped: HashMap<usize, Segment>,
    most: usize,
    budget: Arc<Budget>,
}

// SAFETY: the pointers lead into mappings that the value owns, and are only written through `&mut self` or by compiled
// code that runs while its machine is borrowed mutably.
unsafe impl Send for Segments {}
// SAFETY: through `&self` memory is only read.
unsafe impl Sync for Segments {}

impl Segments {
    /// Segments of zeros. Stores map at most `most` of them later, with mappings from `budget`.
    pub(super) fn new(most: usize, budget: Arc<Budget>) -> Result<Self, MemoryError> {
        let zeros =
            |length| Mapping::new(length, MprotectFlags::READ).ok_or(MemoryError::Reserve { bytes: length });
        let (words, flags) = (zeros(SEGMENT_BYTES)?, zeros(PAGES)?);
        let zero = Entry { words: words.start(), flags: flags.start() };
        Ok(Self {
            table: vec![zero; SEGMENTS].into_boxed_slice(),
            zero,
            _zeros: [words, flags],
            mapped: HashMap::default(),
            most,
            budget,
        })
    }

    /// The table, [`SEGMENTS`] entries long, for compiled code.
    pub(crate) fn table(&self) -> *const Entry {
        self.table.as_ptr()
    }

    #[inline]
    fn entry(&self, address: u64) -> Entry {
        self.table[segment(address)]
    }

    /// The word at `address`, whose low three bits are ignored; 0 if the segment is not mapped, `None` if it is sparse.
    #[inline]
    pub(crate) fn read(&self, address: u64) -> Option<u64> {
        let words = self.entry(address).words;
        if words.is_null() {
            return None;
        }
        // SAFETY: the words of an entry are null or a readable mapping of `SEGMENT_BYTES`, and the offset is aligned and
        // inside it.
        Some(unsafe { words.add(word_in_segment(address)).cast::<u64>().read() })
    }

    /// The flags of the page at `address`; 0 if the segment is not mapped.
    #[inline]
    pub(crate) fn flags(&self, address: u64) -> u8 {
        // SAFETY: the flags of every entry are a readable mapping of `PAGES` bytes.
        unsafe { self.entry(address).flags.add(page_in_segment(address)).read() }
    }

    /// Whether the segment of `address` has memory of its own.
    pub(crate) fn is_mapped(&self, address: u64) -> bool {
        let words = self.entry(address).words;
        words != self.zero.words && !words.is_null()
    }

    /// Whether the segment of `address` is sparse.
    pub(crate) fn is_sparse(&self, address: u64) -> bool {
        self.entry(address).words.is_null()
    }

    /// Whether the chunk of `address` is writable.
    pub(crate) fn is_writable(&self, address: u64) -> bool {
        self.mapped.get(&segment(address)).is_some_and(|segment| segment.is_writable(address))
    }

    /// Prepares the chunk of `address` for stores: maps its segment, unless that is mapped, and makes the chunk writable.
    /// False if the segment is sparse. It becomes sparse if there is no room for it: the address is too high, or too many
    /// segments are mapped, or the system refuses.
    ///
    /// # Errors
    /// [`MemoryError::Commit`] if the segment has pages already and the system refuses to make the chunk writable.
    pub(crate) fn make_writable(&mut self, address: u64) -> Result<bool, MemoryError> {
        if self.is_sparse(address) {
            return Ok(false);
        }
        let place = segment(address);
        if let Some(segment) = self.mapped.get_mut(&place) {
            let refused = MemoryError::Commit { bytes: CHUNK_BYTES };
            return segment.make_writable(address).then_some(true).ok_or(refused);
        }
        let has_room = place < SEGMENTS - 1 && self.mapped.len() < self.most;
        let new = has_room.then(|| Segment::new(&self.budget)).flatten();
        let Some(segment) = new.and_then(|mut new| new.make_writable(address).then_some(new)) else {
            self.table[place].words = null_mut();
            return Ok(false);
        };
        self.table[place] = segment.entry();
        self.mapped.insert(place, segment);
        Ok(true)
    }

    /// Stores a word if the flags of its page are [`WRITABLE`]. Returns whether it stored.
    #[inline]
    pub(crate) fn try_write(&mut self, address: u64, value: u64) -> bool {
        if self.flags(address) != WRITABLE {
            return false;
        }
        // SAFETY: only pages of writable chunks have these flags, and the offset is aligned and inside the segment.
        unsafe { self.entry(address).words.add(word_in_segment(address)).cast::<u64>().write(value) }
        true
    }

    /// Stores a word to a page of a writable chunk, without a test of its flags.
    ///
    /// # Panics
    /// If the chunk is not writable.
    #[inline]
    pub(crate) fn write(&mut self, address: u64, value: u64) {
        assert!(self.is_writable(address), "a store to a chunk that is not writable");
        // SAFETY: the chunk is mapped for writing, and the offset is aligned and inside it.
        unsafe { self.entry(address).words.add(word_in_segment(address)).cast::<u64>().write(value) }
    }

    /// The page at `address`, of a mapped segment, for stores that need no check.
    ///
    /// # Panics
    /// If the segment is not mapped.
    pub(crate) fn page_mut(&mut self, address: u64) -> &mut [u64; WORDS_PER_PAGE] {
        assert!(self.is_mapped(address), "a page in an unmapped segment");
        let words = self.entry(address).words;
        // SAFETY: the page lies inside a mapping for writing, is aligned, and is borrowed with `self`.
        unsafe { &mut *words.add(page_in_segment(address) << PAGE_SHIFT).cast::<[u64; WORDS_PER_PAGE]>() }
    }

    /// Sets the flags of the page at `address`, of a mapped segment.
    ///
    /// # Panics
    /// If the segment is not mapped.
    pub(crate) fn set_flags(&mut self, address: u64, flags: u8) {
        assert!(self.is_mapped(address), "flags in an unmapped segment");
        // SAFETY: the flags of a mapped segment are mapped for writing, and the page's number is below `PAGES`.
        unsafe { self.entry(address).flags.add(page_in_segment(address)).write(flags) }
    }

    /// The page at `address`, in a segment that is not sparse: zeros if it is not mapped.
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

#[inline]
fn segment(address: u64) -> usize {
    ((address >> SEGMENT_SHIFT) as usize).min(SEGMENTS - 1)
}

/// The number of the chunk of `address` in its segment.
const fn chunk(address: u64) -> usize {
    const { assert!(CHUNKS == u64::BITS as usize) };
    address as u32 as usize / CHUNK_BYTES
}

/// The number of the page of `address` in its segment.
#[inline]
const fn page_in_segment(address: u64) -> usize {
    (address as u32 >> PAGE_SHIFT) as usize
}

/// The offset of the word of `address` in its segment.
#[inline]
const fn word_in_segment(address: u64) -> usize {
    (address as u32 & !7) as usize
}
