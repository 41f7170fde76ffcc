//! Where guest memory lies in host memory: segments of 4 GiB of address space, reserved whole, backed as they are touched.
//!
//! A guest's addresses are then its host addresses but for one addition, which is what makes a compiled load cheap. A
//! segment that nobody stored to is the one shared segment of zeros, so that a load needs no test at all. Each segment
//! has a *mark* per page beside it; a store may go ahead without asking only where the mark is [`WRITABLE`].

use super::{MemoryError, PAGE_SHIFT, WORDS_PER_PAGE};
use std::ptr::NonNull;

/// The page exists: it was stored to, or loaded.
pub(crate) const PRESENT: u8 = 1;
/// The page has been stored to since the Merkle tree last saw it, or memory was last remembered.
pub(crate) const DIRTY: u8 = 2;
/// Instructions of the page have been decoded or compiled.
pub(crate) const CODE: u8 = 4;
/// The word that a load-linked reserved lies in the page.
pub(crate) const RESERVED: u8 = 8;
/// The mark of a page that may be stored to without further ado.
pub(crate) const WRITABLE: u8 = PRESENT | DIRTY;

/// Bits of an address inside its segment.
pub(crate) const SEGMENT_SHIFT: u32 = 32;
/// Segments in the table: 48 bits of address, as programs use, and one more that stands for all above.
pub(crate) const SEGMENTS: usize = (1 << (48 - SEGMENT_SHIFT)) + 1;
const SEGMENT_BYTES: usize = 1 << SEGMENT_SHIFT;
const PAGES: usize = SEGMENT_BYTES >> PAGE_SHIFT;

/// One segment as compiled code sees it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Entry {
    /// The segment's words, in host order: the guest's byte `i` of a word is byte `i ^ 7` on a little-endian host.
    pub(crate) words: *mut u8,
    /// One mark per page.
    pub(crate) marks: *mut u8,
}

/// Anonymous memory of the operating system, zero until touched.
struct Mapping {
    start: NonNull<u8>,
    length: usize,
}

impl Mapping {
    fn new(length: usize, protection: libc::c_int) -> Result<Self, MemoryError> {
        // SAFETY: an anonymous private mapping at an address of the system's choice aliases nothing.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                protection,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(MemoryError::Reserve { bytes: length });
        }
        NonNull::new(start.cast())
            .map(|start| Self { start, length })
            .ok_or(MemoryError::Reserve { bytes: length })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping was made by `new` with this length, and nobody keeps a pointer beyond its owner's life.
        unsafe {
            libc::munmap(self.start.as_ptr().cast(), self.length);
        }
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
    /// No segment mapped; at most `most` ever will be.
    pub(crate) fn new(most: usize) -> Result<Self, MemoryError> {
        let words = Mapping::new(SEGMENT_BYTES, libc::PROT_READ)?;
        let marks = Mapping::new(PAGES, libc::PROT_READ)?;
        let zero = Entry { words: words.start.as_ptr(), marks: marks.start.as_ptr() };
        Ok(Self {
            table: vec![zero; SEGMENTS].into_boxed_slice(),
            zero,
            mappings: vec![words, marks],
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
        self.table[((address >> SEGMENT_SHIFT) as usize).min(SEGMENTS - 1)]
    }

    /// The word at `address`, whose low three bits are not looked at; 0 where nothing is mapped.
    #[inline]
    pub(crate) fn read(&self, address: u64) -> u64 {
        let offset = (address as u32 & !7) as usize;
        // SAFETY: every entry of the table leads to a readable mapping of `SEGMENT_BYTES`, and the offset is aligned and
        // inside it.
        unsafe { self.entry(address).words.add(offset).cast::<u64>().read() }
    }

    /// The mark of the page at `address`; 0 where nothing is mapped.
    #[inline]
    pub(crate) fn mark(&self, address: u64) -> u8 {
        let page = (address as u32 >> PAGE_SHIFT) as usize;
        // SAFETY: every entry's marks are a readable mapping of `PAGES` bytes.
        unsafe { self.entry(address).marks.add(page).read() }
    }

    /// Whether a page at `address` could be kept here: its segment is mapped, or can still be.
    pub(crate) fn covers(&self, address: u64) -> bool {
        address >> SEGMENT_SHIFT < (SEGMENTS - 1) as u64
            && (self.is_mapped(address) || self.mapped < self.most)
    }

    /// Whether the segment of `address` is more than zeros.
    pub(crate) fn is_mapped(&self, address: u64) -> bool {
        self.entry(address).words != self.zero.words
    }

    /// Maps the segment of `address`, for which [`Segments::covers`] holds, unless it is.
    pub(crate) fn map(&mut self, address: u64) -> Result<(), MemoryError> {
        if self.is_mapped(address) {
            return Ok(());
        }
        let words = Mapping::new(SEGMENT_BYTES, libc::PROT_READ | libc::PROT_WRITE)?;
        let marks = Mapping::new(PAGES, libc::PROT_READ | libc::PROT_WRITE)?;
        self.table[(address >> SEGMENT_SHIFT) as usize] =
            Entry { words: words.start.as_ptr(), marks: marks.start.as_ptr() };
        self.mappings.extend([words, marks]);
        self.mapped += 1;
        Ok(())
    }

    /// Stores a word if the mark of its page is [`WRITABLE`], and says whether it was.
    #[inline]
    pub(crate) fn try_write(&mut self, address: u64, value: u64) -> bool {
        if self.mark(address) != WRITABLE {
            return false;
        }
        let offset = (address as u32 & !7) as usize;
        // SAFETY: only pages of segments that are mapped for writing have a mark, and the offset is aligned and inside.
        unsafe { self.entry(address).words.add(offset).cast::<u64>().write(value) }
        true
    }

    /// Stores a word to a page of a mapped segment, whatever its mark.
    ///
    /// # Panics
    /// If the segment is not mapped.
    #[inline]
    pub(crate) fn write(&mut self, address: u64, value: u64) {
        let entry = self.entry(address);
        assert!(entry.words != self.zero.words, "a store to an unmapped segment");
        let offset = (address as u32 & !7) as usize;
        // SAFETY: the segment is mapped for writing, and the offset is aligned and inside it.
        unsafe { entry.words.add(offset).cast::<u64>().write(value) }
    }

    /// Sets the mark of the page at `address`, of a mapped segment.
    ///
    /// # Panics
    /// If the segment is not mapped.
    pub(crate) fn set_mark(&mut self, address: u64, mark: u8) {
        let entry = self.entry(address);
        assert!(entry.words != self.zero.words, "a mark in an unmapped segment");
        // SAFETY: the segment is mapped for writing, and the page's number is below `PAGES`.
        unsafe { entry.marks.add((address as u32 >> PAGE_SHIFT) as usize).write(mark) }
    }

    /// The page at `address`, zeros where nothing is mapped.
    pub(crate) fn page(&self, address: u64) -> &[u64; WORDS_PER_PAGE] {
        let offset = (address as u32 >> PAGE_SHIFT << PAGE_SHIFT) as usize;
        // SAFETY: the page lies inside a readable mapping, is aligned, and is not written while `self` is borrowed.
        unsafe { &*self.entry(address).words.add(offset).cast::<[u64; WORDS_PER_PAGE]>() }
    }
}
