//! Where guest memory lies in host memory: segments of 4 GiB of address space, reserved whole, backed page by page on
//! first touch.
//!
//! Inside a segment, the host address of a word is the guest address plus a constant. That makes a compiled load cheap.
//! A segment without pages is the shared segment of zeros, so that a load from it needs no test. Each segment has one
//! byte of flags per page; a store needs no check only if the flags are [`WRITABLE`].
//!
//! Address space and mappings are finite. A segment that cannot be mapped is *sparse*: its entry has no words, and its
//! pages are kept by [`super::Memory`] in a map.

use super::{MemoryError, PAGE_SHIFT, WORDS_PER_PAGE, flags::WRITABLE};
use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use std::ptr::{NonNull, null_mut};

/// Bits of an address inside its segment.
pub(crate) const SEGMENT_SHIFT: u32 = 32;
/// Entries of the segment table: one for each segment below 2^48, and one for all addresses above.
pub(crate) const SEGMENTS: usize = (1 << (48 - SEGMENT_SHIFT)) + 1;
const SEGMENT_BYTES: usize = 1 << SEGMENT_SHIFT;
const PAGES: usize = SEGMENT_BYTES >> PAGE_SHIFT;
/// Bytes before and behind each mapping that cannot be accessed. Compiled code adds offsets of a few KiB at most to an
/// address that it has checked, so a wrong offset hits a guard and not the host's memory.
const GUARD_BYTES: usize = 1 << 20;

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
        // One word per 2 MiB would cost 2 MiB with huge pages. A kernel that has none refuses, and needs no advice.
        // SAFETY: as above; the advice does not change what the memory contains.
        let _ = unsafe { madvise(mapping.start().cast(), length, Advice::LinuxNoHugepage) };
        Some(mapping)
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

/// All segments of a guest.
pub(crate) struct Segments {
    table: Box<[Entry]>,
    zero: Entry,
    mappings: Vec<Mapping>,
    mapped: usize,
    most: usize,
}

// SAFETY: the pointers lead into mappings that the value owns, and are only written through `&mut self` or by compiled
// code that runs while its machine is borrowed mutably.
unsafe impl Send for Segments {}
// SAFETY: through `&self` memory is only read.
unsafe impl Sync for Segments {}

impl Segments {
    /// Only zeros; at most `most` segments will be mapped.
    pub(crate) fn new(most: usize) -> Result<Self, MemoryError> {
        let zeros =
            |length| Mapping::new(length, MprotectFlags::READ).ok_or(MemoryError::Reserve { bytes: length });
        let (words, flags) = (zeros(SEGMENT_BYTES)?, zeros(PAGES)?);
        let zero = Entry { words: words.start(), flags: flags.start() };
        Ok(Self {
            table: vec![zero; SEGMENTS].into_boxed_slice(),
            zero,
            mappings: vec![words, flags],
            mapped: 0,
            most,
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

    /// Maps the segment of `address`, unless it is mapped. If there is no room, the segment becomes sparse and the answer
    /// is false: the address is too high, or too many segments are mapped, or the system refuses.
    pub(crate) fn map(&mut self, address: u64) -> bool {
        if self.is_mapped(address) || self.is_sparse(address) {
            return self.is_mapped(address);
        }
        let place = segment(address);
        let room = place < SEGMENTS - 1 && self.mapped < self.most;
        let Some(mappings) = room.then(Self::mappings).flatten() else {
            self.table[place].words = null_mut();
            return false;
        };
        self.table[place] = Entry { words: mappings[0].start(), flags: mappings[1].start() };
        self.mappings.extend(mappings);
        self.mapped += 1;
        true
    }

    /// Words and flags of a segment.
    fn mappings() -> Option<[Mapping; 2]> {
        let protection = MprotectFlags::READ | MprotectFlags::WRITE;
        Some([Mapping::new(SEGMENT_BYTES, protection)?, Mapping::new(PAGES, protection)?])
    }

    /// Stores a word if the flags of its page are [`WRITABLE`], and says whether it did.
    #[inline]
    pub(crate) fn try_write(&mut self, address: u64, value: u64) -> bool {
        if self.flags(address) != WRITABLE {
            return false;
        }
        // SAFETY: only pages of mapped segments have flags, and the offset is aligned and inside the segment.
        unsafe { self.entry(address).words.add(word_in_segment(address)).cast::<u64>().write(value) }
        true
    }

    /// Stores a word to a page of a mapped segment, whatever its flags.
    ///
    /// # Panics
    /// If the segment is not mapped.
    #[inline]
    pub(crate) fn write(&mut self, address: u64, value: u64) {
        assert!(self.is_mapped(address), "a store to an unmapped segment");
        // SAFETY: the segment is mapped for writing, and the offset is aligned and inside it.
        unsafe { self.entry(address).words.add(word_in_segment(address)).cast::<u64>().write(value) }
    }

    /// Sets the flags of the page at `address`, of a mapped segment.
    ///
    /// # Panics
    /// If the segment is not mapped.
    pub(crate) fn set_flags(&mut self, address: u64, flags: u8) {
        assert!(self.is_mapped(address), "flags in an unmapped segment");
        // SAFETY: the segment is mapped for writing, and the page's number is below `PAGES`.
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
