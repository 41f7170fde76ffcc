//! The guest's memory: 2^64 bytes in pages of 4 KiB, each allocated by the first store to it, and their Merkle tree.
//!
//! The unit of access is the *word*: the 8 bytes at a multiple of 8, in big-endian order. See the OP specification,
//! `fault-proof/cannon-fault-proof-vm.md`, "Memory".

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
pub(crate) use segment::{Entry, SEGMENT_SHIFT, SEGMENTS};
pub use view::MemoryView;

use alloy_primitives::B256;
use budget::Budget;
use checkpoint::Remembered;
use dirty::{Cursor, DirtyLog};
use flags::{CODE, DIRTY, PRESENT, RESERVED};
use merkle::MerkleTree;
use segment::Segments;
use std::collections::{BTreeMap, btree_map};

/// Bits of an address inside its page.
pub const PAGE_SHIFT: u32 = 12;
/// Bits of a page's index.
const PAGE_INDEX_BITS: u32 = u64::BITS - PAGE_SHIFT;
/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << PAGE_SHIFT;
/// Words of a page.
pub const WORDS_PER_PAGE: usize = PAGE_BYTES / 8;

/// A page: its words, each in host order.
pub type Page = [u64; WORDS_PER_PAGE];

/// Why the guest got no memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The guest uses more pages than the limit.
    #[error("the guest needs more memory than its limit of {pages} pages of 4 KiB")]
    Limit {
        /// The limit, in pages of 4 KiB.
        pages: usize,
    },
    /// The operating system does not reserve address space.
    #[error(
        "the system refuses to reserve {bytes} bytes of address space: raise the limit of this process (ulimit -v)"
    )]
    Reserve {
        /// The size of the reservation.
        bytes: usize,
    },
    /// The operating system does not commit memory.
    #[error(
        "the system refuses to commit {bytes} bytes of memory: raise the limit of this process (ulimit -d), or allow \
         overcommit (vm.overcommit_memory)"
    )]
    Commit {
        /// The size of the part that could not be made writable.
        bytes: usize,
    },
}

/// The guest's memory.
pub struct Memory {
    segments: Segments,
    /// The pages of sparse segments: those above 2^48, and those that could not be mapped.
    sparse: BTreeMap<u64, SparsePage>,
    /// All pages that exist, in the order of their allocation.
    present: Vec<u64>,
    /// The pages that were stored to.
    log: DirtyLog,
    /// The tree's place in the log.
    tree_cursor: Cursor,
    /// The checkpoint at which a word may have to be proven.
    remembered: Option<Remembered>,
    /// Pages with the flag [`CODE`] that were stored to and not yet reported.
    code_stores: Vec<u64>,
    /// The page of the reserved word.
    reserved: Option<u64>,
    tree: MerkleTree,
    most_pages: usize,
    most_segments: usize,
}

/// A page of a sparse segment.
struct SparsePage {
    words: Box<Page>,
    dirty: bool,
}

/// The most segments of a guest that are mapped, 4 GiB of address space each: 16 TiB of the 128 TiB that a process has.
const MOST_SEGMENTS: usize = 4096;
/// The segments that are mapped even if the limit on pages is small. Programs touch about ten.
const LEAST_SEGMENTS: usize = 32;

/// The most segments that are mapped for a guest with at most `most_pages` pages. Beyond [`LEAST_SEGMENTS`], their page
/// tables take no more memory than these pages, so a guest that loads from everywhere at most doubles the memory it may
/// use.
const fn most_segments(most_pages: usize) -> usize {
    let most = most_pages.saturating_mul(PAGE_BYTES) / segment::PAGE_TABLE_BYTES;
    match most {
        ..LEAST_SEGMENTS => LEAST_SEGMENTS,
        MOST_SEGMENTS.. => MOST_SEGMENTS,
        _ => most,
    }
}

impl Memory {
    /// Empty memory that can grow to `most_pages` pages.
    ///
    /// # Errors
    /// [`MemoryError::Reserve`] if the system does not reserve the address space.
    pub fn new(most_pages: usize) -> Result<Self, MemoryError> {
        Self::with_segments(most_pages, most_segments(most_pages))
    }

    /// As [`Memory::new`], with at most `most_segments` segments that are not sparse.
    fn with_segments(most_pages: usize, most_segments: usize) -> Result<Self, MemoryError> {
        let mut log = DirtyLog::default();
        Ok(Self {
            segments: Segments::new(most_segments, Budget::of_process())?,
            sparse: BTreeMap::new(),
            present: Vec::new(),
            tree_cursor: log.reader(),
            log,
            remembered: None,
            code_stores: Vec::new(),
            reserved: None,
            tree: MerkleTree::default(),
            most_pages,
            most_segments,
        })
    }

    /// Pages that exist.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.present.len()
    }

    /// The word at `address`, whose low three bits are ignored; 0 in a page that does not exist.
    #[inline]
    #[must_use]
    pub fn read_word(&self, address: u64) -> u64 {
        match self.segments.read(address) {
            Some(word) => word,
            None => self.read_sparse(address),
        }
    }

    #[cold]
    fn read_sparse(&self, address: u64) -> u64 {
        self.sparse.get(&(address >> PAGE_SHIFT)).map_or(0, |page| page.words[word_in_page(address)])
    }

    /// The instruction at `pc`, a multiple of 4.
    #[inline]
    #[must_use]
    pub fn read_instruction(&self, pc: u64) -> u32 {
        let word = self.read_word(pc);
        if pc & 4 == 0 { (word >> 32) as u32 } else { word as u32 }
    }

    /// Stores the word at `address`, whose low three bits are ignored.
    ///
    /// # Errors
    /// [`MemoryError::Limit`] if the page is new and the limit is reached; [`MemoryError::Commit`] if the system has no
    /// memory for it.
    #[inline]
    pub fn write_word(&mut self, address: u64, value: u64) -> Result<(), MemoryError> {
        if self.segments.try_write(address, value) {
            return Ok(());
        }
        self.write_word_first(address, value)
    }

    /// Stores a word to a page whose flags are not [`WRITABLE`].
    #[cold]
    fn write_word_first(&mut self, address: u64, value: u64) -> Result<(), MemoryError> {
        if self.prepare_store(address)? {
            self.segments.write(address, value);
        } else {
            self.write_sparse(address, value);
        }
        Ok(())
    }

    /// Stores the word at `address`, whose low three bits are ignored, if its page needs no check. Returns whether it
    /// stored.
    #[inline]
    pub(crate) fn try_write_word(&mut self, address: u64, value: u64) -> bool {
        self.segments.try_write(address, value)
    }

    /// Marks the page of `address` as allocated without writing to it, so that an all-zero page costs no host memory.
    ///
    /// # Errors
    /// As [`Memory::write_word`].
    pub(crate) fn touch(&mut self, address: u64) -> Result<(), MemoryError> {
        if self.segments.flags(address) != WRITABLE && !self.prepare_store(address)? {
            self.write_sparse(address, self.read_word(address));
        }
        Ok(())
    }

    /// Adds a page that does not exist yet. If it is all zero, it costs no host memory.
    ///
    /// # Errors
    /// As [`Memory::write_word`].
    pub(crate) fn add_page(&mut self, index: u64, words: &Page) -> Result<(), MemoryError> {
        let address = index << PAGE_SHIFT;
        self.touch(address)?;
        if let Some(page) = self.sparse.get_mut(&index) {
            *page.words = *words;
        } else if *words != [0; WORDS_PER_PAGE] {
            *self.segments.page_mut(address) = *words;
        }
        Ok(())
    }

    fn write_sparse(&mut self, address: u64, value: u64) {
        let index = address >> PAGE_SHIFT;
        if self.sparse.is_empty() {
            tracing::warn!(
                "the guest stores to {address:#x}, and such addresses have no room in the address space of this \
                 process: from now on accesses there are interpreted, and take longer"
            );
        }
        let page = match self.sparse.entry(index) {
            btree_map::Entry::Vacant(entry) => {
                self.log.note(index, None);
                entry.insert(SparsePage { words: Box::new([0; WORDS_PER_PAGE]), dirty: true })
            }
            btree_map::Entry::Occupied(entry) => {
                let page = entry.into_mut();
                if !page.dirty {
                    self.log.note(index, Some(&page.words));
                }
                page
            }
        };
        page.words[word_in_page(address)] = value;
        page.dirty = true;
    }

    /// Brings the flags up to date before a store to a page whose flags are not [`WRITABLE`]; false if its segment is
    /// sparse.
    fn prepare_store(&mut self, address: u64) -> Result<bool, MemoryError> {
        let page = address >> PAGE_SHIFT;
        let flags = self.segments.flags(address);
        if flags & PRESENT == 0 && self.sparse.contains_key(&page) {
            return Ok(false);
        }
        if flags & PRESENT == 0 {
            if self.present.len() >= self.most_pages {
                return Err(MemoryError::Limit { pages: self.most_pages });
            }
            let writable = self.segments.make_writable(address)?;
            self.present.push(page);
            if !writable {
                return Ok(false);
            }
        }
        if flags & DIRTY == 0 {
            let before = (flags & PRESENT != 0).then(|| self.segments.page(address));
            self.log.note(page, before);
        }
        if flags & CODE != 0 {
            self.code_stores.push(page);
        }
        let reserved = if self.reserved == Some(page) { RESERVED } else { 0 };
        self.segments.set_flags(address, (flags | WRITABLE) & !(CODE | RESERVED) | reserved);
        Ok(true)
    }

    /// The page of that index, if it exists. Indices are below 2^52.
    #[must_use]
    pub fn page(&self, index: u64) -> Option<&Page> {
        if index >> PAGE_INDEX_BITS != 0 {
            return None;
        }
        if let Some(page) = self.sparse.get(&index) {
            return Some(&page.words);
        }
        let address = index << PAGE_SHIFT;
        (self.segments.flags(address) & PRESENT != 0).then(|| self.segments.page(address))
    }

    /// The indices of the pages that exist, ascending.
    #[must_use]
    pub fn page_indices(&self) -> Vec<u64> {
        let mut indices = self.present.clone();
        indices.sort_unstable();
        indices
    }

    /// The root of the Merkle tree.
    pub fn merkle_root(&mut self) -> B256 {
        self.update_tree();
        self.tree.root()
    }

    /// The Merkle proof of the 32 bytes around `address`.
    pub fn merkle_proof(&mut self, address: u64) -> MerkleProof {
        self.update_tree();
        self.tree.prove(address, self.page(address >> PAGE_SHIFT))
    }

    /// Hashes the pages that were stored to since the last call.
    fn update_tree(&mut self) {
        self.cut();
        let changed = self.log.read(&mut self.tree_cursor);
        if changed.is_empty() {
            return;
        }
        let pages: Vec<_> = changed.iter().filter_map(|&index| Some((index, self.page(index)?))).collect();
        let roots = merkle::page_roots(&pages);
        self.tree.update(&roots);
    }

    /// Cuts the dirty log: the next store to each page is logged again.
    fn cut(&mut self) {
        for index in self.log.cut() {
            if let Some(page) = self.sparse.get_mut(&index) {
                page.dirty = false;
            } else {
                self.change_flags(index << PAGE_SHIFT, |flags| flags & !DIRTY);
            }
        }
    }

    /// Whether no segment is sparse, so that compiled code can load without a test.
    pub(crate) fn is_flat(&self) -> bool {
        self.sparse.is_empty()
    }

    /// Whether compiled code may continue after a [`Memory::write_word`] to the page of `address`: the store cannot
    /// fail, modifies no code, and leaves the segment table unchanged.
    pub(crate) fn is_plain_store(&self, address: u64) -> bool {
        let flags = self.segments.flags(address);
        if flags & PRESENT == 0 {
            return self.segments.is_writable(address) && self.present.len() < self.most_pages;
        }
        flags & CODE == 0
    }

    /// The segment table, [`SEGMENTS`] entries, valid as long as this memory is.
    pub(crate) fn segment_table(&self) -> *const Entry {
        self.segments.table()
    }

    /// Makes [`Memory::take_code_stores`] report the next store to the page of `pc`. False if the page does not exist
    /// or its segment is sparse: then its code must not be cached.
    pub(crate) fn watch_code(&mut self, pc: u64) -> bool {
        let flags = self.segments.flags(pc);
        if flags & PRESENT == 0 {
            return false;
        }
        self.segments.set_flags(pc, flags | CODE);
        true
    }

    /// The watched pages that were stored to since the last call.
    pub(crate) fn take_code_stores(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.code_stores)
    }

    /// Whether a watched page was stored to since the last [`Memory::take_code_stores`].
    #[inline]
    pub(crate) fn has_code_stores(&self) -> bool {
        !self.code_stores.is_empty()
    }

    /// Moves the flag [`RESERVED`] to the page of the reserved word, if there is one, so that compiled code does not
    /// store there.
    pub(crate) fn set_reserved(&mut self, address: Option<u64>) {
        let page = address.map(|address| address >> PAGE_SHIFT);
        if page == self.reserved {
            return;
        }
        if let Some(before) = std::mem::replace(&mut self.reserved, page) {
            self.change_flags(before << PAGE_SHIFT, |flags| flags & !RESERVED);
        }
        if let Some(page) = page {
            self.change_flags(page << PAGE_SHIFT, |flags| flags | RESERVED);
        }
    }

    /// Changes the flags of a page, if it exists in a mapped segment.
    fn change_flags(&mut self, address: u64, change: impl Fn(u8) -> u8) {
        let flags = self.segments.flags(address);
        if flags & PRESENT != 0 {
            self.segments.set_flags(address, change(flags));
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").field("pages", &self.page_count()).finish_non_exhaustive()
    }
}

const fn word_in_page(address: u64) -> usize {
    (address as usize % PAGE_BYTES) / 8
}
