//! The guest's memory: 2^64 bytes in pages of 4 KiB, and the Merkle tree over them. The first store to a page allocates
//! it. Bytes that were never stored to are zero. A state file contains the allocated pages.
//!
//! Host memory is reserved in *segments* of 4 GiB, see the module `segment`.
//!
//! The unit of access is the *word*: the 8 bytes at a multiple of 8, in big-endian order. See the
//! [specification](https://specs.optimism.io/fault-proof/cannon-fault-proof-vm.html#memory).

mod budget;
mod bytes;
mod checkpoint;
mod copies;
mod dirty;
mod flags;
mod merkle;
mod segment;
#[cfg(test)]
mod tests;
mod view;

pub use checkpoint::CheckpointError;
pub(crate) use dirty::MemoryCheckpoint;
pub(crate) use flags::WRITABLE;
pub use merkle::{MerkleProof, PROOF_BYTES, hash_pair, zero_hash};
pub(crate) use segment::{SEGMENT_SHIFT, SEGMENTS, SegmentEntry};
pub use view::MemoryView;

use alloy_primitives::B256;
use budget::Budget;
use checkpoint::DeferredProof;
use dirty::{Cursor, DirtyLog};
use flags::{ALLOCATED, DIRTY, RESERVED, WATCHED};
use merkle::MerkleTree;
use segment::Segments;
use std::collections::{BTreeMap, btree_map};

/// The number of low bits of an address that select a byte in a page.
pub const PAGE_SHIFT: u32 = 12;
/// The number of bits of a page's index, which is the rest of the address.
const PAGE_INDEX_BITS: u32 = u64::BITS - PAGE_SHIFT;
/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << PAGE_SHIFT;
/// Words of a page.
pub const WORDS_PER_PAGE: usize = PAGE_BYTES / 8;

/// A page: its words, each in the host's byte order.
pub type Page = [u64; WORDS_PER_PAGE];

/// Why memory could not be allocated for the guest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The guest needs more pages than its limit.
    #[error("the guest needs more memory than its limit of {pages} pages of 4 KiB")]
    Limit {
        /// The limit, in pages of 4 KiB.
        pages: usize,
    },
    /// The operating system refused to reserve address space.
    #[error(
        "the system refuses to reserve {bytes} bytes of address space: raise the limit of this process (ulimit -v)"
    )]
    Reserve {
        /// The size of the reservation, in bytes.
        bytes: usize,
    },
    /// The operating system refused to commit memory.
    #[error(
        "the system refuses to commit {bytes} bytes of memory: raise the limit of this process (ulimit -d), or allow \
         overcommit (vm.overcommit_memory)"
    )]
    Commit {
        /// The size of the part that could not be made writable, in bytes.
        bytes: usize,
    },
}

/// The guest's memory.
pub struct Memory {
    segments: Segments,
    /// The pages of sparse segments, by their index. A segment becomes sparse at the first store to it if it cannot be
    /// mapped: its addresses are not below 2^48, a limit on mapped segments is reached, or the system refuses.
    sparse: BTreeMap<u64, SparsePage>,
    /// The indices of all allocated pages, in the order of their allocation.
    allocated: Vec<u64>,
    log: DirtyLog,
    tree: MerkleTree,
    /// The place in the log up to which the tree has read it.
    tree_cursor: Cursor,
    /// The proof that may be made later, see [`Memory::defer_proof`].
    deferred_proof: Option<DeferredProof>,
    /// The watched pages that were stored to and not yet reported, see [`Memory::watch_code`].
    code_stores: Vec<u64>,
    /// The index of the page that [`Memory::set_reserved`] was last called with. The page need not be allocated.
    reserved_page: Option<u64>,
    max_pages: usize,
    max_mapped_segments: usize,
}

/// A page of a sparse segment.
struct SparsePage {
    words: Box<Page>,
    /// Whether it is already in the current interval of the dirty log.
    dirty: bool,
}

/// The highest limit of mapped segments, whatever the guest's limit of pages. A segment takes 4 GiB of address space,
/// so 4096 segments take 16 TiB of the 128 TiB that a process has.
const HIGHEST_SEGMENT_LIMIT: usize = 4096;
/// The lowest limit of mapped segments, whatever the guest's limit of pages. Programs touch about ten segments.
const LOWEST_SEGMENT_LIMIT: usize = 32;

/// The limit of mapped segments of a guest that may have `max_pages` pages.
///
/// Even loads from a mapped segment cost host memory: the system allocates page tables for them. The limit is chosen so
/// that the page tables of all mapped segments take at most as much memory as `max_pages` pages. They may take more
/// only if the limit was raised to [`LOWEST_SEGMENT_LIMIT`].
const fn max_mapped_segments(max_pages: usize) -> usize {
    let segments = max_pages.saturating_mul(PAGE_BYTES) / segment::PAGE_TABLE_BYTES;
    match segments {
        ..LOWEST_SEGMENT_LIMIT => LOWEST_SEGMENT_LIMIT,
        HIGHEST_SEGMENT_LIMIT.. => HIGHEST_SEGMENT_LIMIT,
        _ => segments,
    }
}

impl Memory {
    /// Memory without pages. It can grow to `max_pages` pages of 4 KiB.
    ///
    /// # Errors
    /// [`MemoryError::Reserve`] if the system does not reserve the address space.
    pub fn new(max_pages: usize) -> Result<Self, MemoryError> {
        Self::with_segment_limit(max_pages, max_mapped_segments(max_pages))
    }

    /// As [`Memory::new`], with a limit of mapped segments.
    fn with_segment_limit(max_pages: usize, max_mapped_segments: usize) -> Result<Self, MemoryError> {
        let mut log = DirtyLog::default();
        Ok(Self {
            segments: Segments::new(max_mapped_segments, Budget::of_process())?,
            sparse: BTreeMap::new(),
            allocated: Vec::new(),
            tree: MerkleTree::default(),
            tree_cursor: log.add_reader(),
            log,
            deferred_proof: None,
            code_stores: Vec::new(),
            reserved_page: None,
            max_pages,
            max_mapped_segments,
        })
    }

    /// The number of allocated pages.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.allocated.len()
    }

    /// The word at `address`, whose low three bits are ignored. It is 0 if its page is not allocated.
    #[inline]
    #[must_use]
    pub fn read_word(&self, address: u64) -> u64 {
        match self.segments.read(address) {
            Some(word) => word,
            None => self.read_sparse(address),
        }
    }

    /// The word at `address` in a sparse segment.
    #[cold]
    fn read_sparse(&self, address: u64) -> u64 {
        self.sparse.get(&(address >> PAGE_SHIFT)).map_or(0, |page| page.words[word_in_page(address)])
    }

    /// The encoded instruction at `pc`, a multiple of 4.
    #[inline]
    #[must_use]
    pub fn read_instruction(&self, pc: u64) -> u32 {
        let word = self.read_word(pc);
        if pc & 4 == 0 { (word >> 32) as u32 } else { word as u32 }
    }

    /// Stores the word at `address`, whose low three bits are ignored.
    ///
    /// # Errors
    /// The store can fail only if the page is not allocated yet. [`MemoryError::Limit`] if the guest already has as
    /// many pages as its limit. [`MemoryError::Commit`] if the system refuses to commit memory for the page.
    #[inline]
    pub fn write_word(&mut self, address: u64, value: u64) -> Result<(), MemoryError> {
        if self.segments.try_write(address, value) {
            return Ok(());
        }
        self.write_word_slow(address, value)
    }

    /// Stores a word to a page whose flags are not exactly [`WRITABLE`]: it is not allocated, not in the current
    /// interval of the dirty log, watched, or reserved, or its segment is sparse.
    #[cold]
    fn write_word_slow(&mut self, address: u64, value: u64) -> Result<(), MemoryError> {
        if self.prepare_store(address)? {
            self.segments.write(address, value);
        } else {
            self.write_sparse(address, value);
        }
        Ok(())
    }

    /// Stores the word at `address`, whose low three bits are ignored, if the flags of its page are exactly
    /// [`WRITABLE`]. Returns whether it stored.
    #[inline]
    pub(crate) fn try_write_word(&mut self, address: u64, value: u64) -> bool {
        self.segments.try_write(address, value)
    }

    /// Allocates the page of `address`, unless it is allocated already. In a mapped segment nothing is written to the
    /// page, so it takes no host memory yet.
    ///
    /// # Errors
    /// As [`Memory::write_word`].
    pub(crate) fn allocate(&mut self, address: u64) -> Result<(), MemoryError> {
        if self.segments.flags(address) != WRITABLE && !self.prepare_store(address)? {
            self.write_sparse(address, self.read_word(address));
        }
        Ok(())
    }

    /// Allocates the page with this index, and fills it. The page must not be allocated yet. In a mapped segment, a
    /// page of zeros takes no host memory.
    ///
    /// # Errors
    /// As [`Memory::write_word`].
    pub(crate) fn add_page(&mut self, index: u64, words: &Page) -> Result<(), MemoryError> {
        let address = index << PAGE_SHIFT;
        self.allocate(address)?;
        if let Some(page) = self.sparse.get_mut(&index) {
            *page.words = *words;
        } else if *words != [0; WORDS_PER_PAGE] {
            *self.segments.page_mut(address) = *words;
        }
        Ok(())
    }

    /// Stores a word to a page of a sparse segment.
    fn write_sparse(&mut self, address: u64, value: u64) {
        let index = address >> PAGE_SHIFT;
        if self.sparse.is_empty() {
            tracing::warn!(
                "the guest stores to {address:#x}, which cannot be mapped into the address space of this process: from \
                 now on accesses to such addresses are interpreted, and take longer"
            );
        }
        let page = match self.sparse.entry(index) {
            btree_map::Entry::Vacant(entry) => {
                self.log.add(index, None);
                entry.insert(SparsePage { words: Box::new([0; WORDS_PER_PAGE]), dirty: true })
            }
            btree_map::Entry::Occupied(entry) => {
                let page = entry.into_mut();
                if !page.dirty {
                    self.log.add(index, Some(&page.words));
                }
                page
            }
        };
        page.words[word_in_page(address)] = value;
        page.dirty = true;
    }

    /// Prepares the page of `address`, whose flags are not exactly [`WRITABLE`], for a store: allocates it, logs it,
    /// and updates its flags. Returns false if its segment is sparse; then [`Memory::write_sparse`] has to make the
    /// store.
    fn prepare_store(&mut self, address: u64) -> Result<bool, MemoryError> {
        let page = address >> PAGE_SHIFT;
        let flags = self.segments.flags(address);
        if flags & ALLOCATED == 0 {
            if self.sparse.contains_key(&page) {
                return Ok(false);
            }
            if self.allocated.len() >= self.max_pages {
                return Err(MemoryError::Limit { pages: self.max_pages });
            }
            let is_mapped = self.segments.make_chunk_writable(address)?;
            self.allocated.push(page);
            if !is_mapped {
                return Ok(false);
            }
        }
        if flags & DIRTY == 0 {
            let before = (flags & ALLOCATED != 0).then(|| self.segments.page(address));
            self.log.add(page, before);
        }
        if flags & WATCHED != 0 {
            self.code_stores.push(page);
        }
        let reserved = if self.reserved_page == Some(page) { RESERVED } else { 0 };
        // This removes `WATCHED`, because each watched page is reported only once.
        self.segments.set_flags(address, WRITABLE | reserved);
        Ok(true)
    }

    /// The page with that index, if it is allocated. The index is the page's address divided by 4 KiB, so no page has
    /// an index of 2^52 or more.
    #[must_use]
    pub fn page(&self, index: u64) -> Option<&Page> {
        if index >> PAGE_INDEX_BITS != 0 {
            return None;
        }
        if let Some(page) = self.sparse.get(&index) {
            return Some(&page.words);
        }
        let address = index << PAGE_SHIFT;
        (self.segments.flags(address) & ALLOCATED != 0).then(|| self.segments.page(address))
    }

    /// The indices of all allocated pages, ascending.
    #[must_use]
    pub fn page_indices(&self) -> Vec<u64> {
        let mut indices = self.allocated.clone();
        indices.sort_unstable();
        indices
    }

    /// The root of the Merkle tree. Hashes the pages that were stored to since the last root or proof.
    pub fn merkle_root(&mut self) -> B256 {
        self.update_tree();
        self.tree.root()
    }

    /// The Merkle proof of the 32-byte leaf that contains `address`. As [`Memory::merkle_root`], hashes the pages that
    /// were stored to since the last root or proof.
    pub fn merkle_proof(&mut self, address: u64) -> MerkleProof {
        self.update_tree();
        self.tree.prove(address, self.page(address >> PAGE_SHIFT))
    }

    /// Brings the tree up to date: hashes the pages that were stored to since the last call.
    fn update_tree(&mut self) {
        self.cut_log();
        let changed = self.log.read(&mut self.tree_cursor);
        if changed.is_empty() {
            return;
        }
        let pages: Vec<_> = changed.iter().filter_map(|&index| Some((index, self.page(index)?))).collect();
        let roots = merkle::page_roots(&pages);
        self.tree.update(&roots);
    }

    /// Begins a new interval of the dirty log, in which the first store to each page is logged again.
    fn cut_log(&mut self) {
        for index in self.log.cut() {
            if let Some(page) = self.sparse.get_mut(&index) {
                page.dirty = false;
            } else {
                self.change_flags(index << PAGE_SHIFT, |flags| flags & !DIRTY);
            }
        }
    }

    /// Whether there is a sparse segment: one that was stored to but could not be mapped. As long as there is none,
    /// compiled code need not test for sparse segments before a load.
    pub(crate) fn has_sparse_segments(&self) -> bool {
        !self.sparse.is_empty()
    }

    /// Whether a [`Memory::write_word`] at `address` cannot fail, modifies no watched code, and leaves the segment
    /// table unchanged. Then compiled code may continue after it.
    pub(crate) fn is_plain_store(&self, address: u64) -> bool {
        let flags = self.segments.flags(address);
        if flags & ALLOCATED == 0 {
            return self.segments.is_chunk_writable(address) && self.allocated.len() < self.max_pages;
        }
        flags & WATCHED == 0
    }

    /// The segment table, which has [`SEGMENTS`] entries. The pointer is valid as long as this memory exists.
    pub(crate) fn segment_table(&self) -> *const SegmentEntry {
        self.segments.table()
    }

    /// Watches the page of `pc`: [`Memory::take_code_stores`] will report the next store to it. Returns false if the
    /// page is not allocated or its segment is sparse. Such a page is not watched, so its code must not be cached.
    pub(crate) fn watch_code(&mut self, pc: u64) -> bool {
        let flags = self.segments.flags(pc);
        if flags & ALLOCATED == 0 {
            return false;
        }
        self.segments.set_flags(pc, flags | WATCHED);
        true
    }

    /// The indices of the watched pages that were stored to since the last call. They are not watched any more.
    pub(crate) fn take_code_stores(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.code_stores)
    }

    /// Whether a watched page was stored to since the last [`Memory::take_code_stores`].
    #[inline]
    pub(crate) fn has_code_stores(&self) -> bool {
        !self.code_stores.is_empty()
    }

    /// Moves the flag [`RESERVED`] to the page of `address`, or removes it if `address` is `None`. The flag keeps
    /// compiled code from storing to the page: a store to the word at `address` has to clear the reservation. A page
    /// that is not allocated gets the flag when it is allocated.
    pub(crate) fn set_reserved(&mut self, address: Option<u64>) {
        let page = address.map(|address| address >> PAGE_SHIFT);
        if page == self.reserved_page {
            return;
        }
        if let Some(previous) = std::mem::replace(&mut self.reserved_page, page) {
            self.change_flags(previous << PAGE_SHIFT, |flags| flags & !RESERVED);
        }
        if let Some(page) = page {
            self.change_flags(page << PAGE_SHIFT, |flags| flags | RESERVED);
        }
    }

    /// Changes the flags of the page of `address`, if it is allocated in a mapped segment.
    fn change_flags(&mut self, address: u64, change: impl Fn(u8) -> u8) {
        let flags = self.segments.flags(address);
        if flags & ALLOCATED != 0 {
            self.segments.set_flags(address, change(flags));
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("pages", &self.page_count()).finish_non_exhaustive()
    }
}

/// The index of the word of `address` in its page.
const fn word_in_page(address: u64) -> usize {
    (address as usize % PAGE_BYTES) / 8
}
