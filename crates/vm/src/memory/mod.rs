//! The guest's memory: 2^64 bytes in pages of 4 KiB that exist once they were stored to, and their Merkle tree.
//!
//! Memory is read and stored by *words*, the 8 bytes at an address that is a multiple of 8, first byte most significant:
//! that is the unit of the FPVM. See the OP specification, `fault-proof/cannon-fault-proof-vm.md`, "Memory".

mod bytes;
mod merkle;
mod past;
mod segment;
#[cfg(test)]
mod tests;

pub use merkle::{MerkleProof, PROOF_BYTES, hash_pair, zero_hash};
pub(crate) use segment::{Entry, SEGMENT_SHIFT, SEGMENTS, WRITABLE};

use alloy_primitives::B256;
use merkle::MerkleTree;
use past::Past;
use segment::{CODE, DIRTY, PRESENT, RESERVED, Segments};
use std::collections::{BTreeMap, BTreeSet};

/// Bits of an address inside its page.
pub const PAGE_SHIFT: u32 = 12;
/// Bytes of a page.
pub const PAGE_BYTES: usize = 1 << PAGE_SHIFT;
/// Words of a page.
pub const WORDS_PER_PAGE: usize = PAGE_BYTES / 8;

/// A page: its words, each in host order.
pub type Page = [u64; WORDS_PER_PAGE];

/// Why memory could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// The guest uses more pages than it was granted.
    #[error("the guest needs more than {pages} pages of memory, the limit it was given")]
    Limit {
        /// The limit, in pages of 4 KiB.
        pages: usize,
    },
    /// The operating system reserves no more address space.
    #[error("the system did not reserve {bytes} bytes of address space")]
    Reserve {
        /// What was asked for.
        bytes: usize,
    },
}

/// The guest's memory.
pub struct Memory {
    segments: Segments,
    /// Pages that segments do not cover: above 2^48, or in more segments than a program has reason to use.
    sparse: BTreeMap<u64, SparsePage>,
    /// Every page that exists, in the order of its first store.
    present: Vec<u64>,
    /// Pages stored to since the tree was last brought up to date, or [`Memory::remember`] was called.
    dirty: Vec<u64>,
    /// Pages stored to before that, which the tree has not seen either.
    stale: BTreeSet<u64>,
    /// What was remembered, if anything.
    past: Option<Past>,
    /// Pages with the mark [`CODE`] that were stored to, until somebody asks.
    code_stores: Vec<u64>,
    /// The page of the word that a load-linked reserved.
    reserved: Option<u64>,
    tree: MerkleTree,
    most_pages: usize,
}

/// A page outside the segments.
struct SparsePage {
    words: Box<Page>,
    dirty: bool,
}

/// Segments that may be mapped, 4 GiB of address space each. Programs use about four.
const MOST_SEGMENTS: usize = 64;

impl Memory {
    /// Empty memory, that may grow to `most_pages` pages.
    ///
    /// # Errors
    /// [`MemoryError::Reserve`] if the system does not reserve the address space.
    pub fn new(most_pages: usize) -> Result<Self, MemoryError> {
        Ok(Self {
            segments: Segments::new(MOST_SEGMENTS)?,
            sparse: BTreeMap::new(),
            present: Vec::new(),
            dirty: Vec::new(),
            stale: BTreeSet::new(),
            past: None,
            code_stores: Vec::new(),
            reserved: None,
            tree: MerkleTree::default(),
            most_pages,
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
        if !self.sparse.is_empty()
            && let Some(page) = self.sparse.get(&(address >> PAGE_SHIFT))
        {
            return page.words[word_in_page(address)];
        }
        self.segments.read(address)
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
    /// [`MemoryError::Limit`] if the page is new and one too many; [`MemoryError::Reserve`] if its segment is new and the
    /// system has no room.
    #[inline]
    pub fn write_word(&mut self, address: u64, value: u64) -> Result<(), MemoryError> {
        if self.segments.try_write(address, value) {
            return Ok(());
        }
        self.write_word_first(address, value)
    }

    /// Stores a word to a page whose mark is not [`WRITABLE`].
    #[cold]
    fn write_word_first(&mut self, address: u64, value: u64) -> Result<(), MemoryError> {
        if self.prepare_store(address)? {
            self.segments.write(address, value);
        } else {
            self.write_sparse(address, value);
        }
        Ok(())
    }

    /// Stores the word at `address`, whose low three bits are ignored, if its page may be stored to without further ado, and
    /// says whether it was.
    #[inline]
    pub(crate) fn try_write_word(&mut self, address: u64, value: u64) -> bool {
        self.segments.try_write(address, value)
    }

    /// Has the page of `address` exist, as if what is there had been stored, without the host having to give memory for it.
    ///
    /// # Errors
    /// As [`Memory::write_word`].
    pub(crate) fn touch(&mut self, address: u64) -> Result<(), MemoryError> {
        if self.segments.mark(address) != WRITABLE && !self.prepare_store(address)? {
            self.write_sparse(address, self.read_word(address));
        }
        Ok(())
    }

    fn write_sparse(&mut self, address: u64, value: u64) {
        let index = address >> PAGE_SHIFT;
        if self.sparse.get(&index).is_none_or(|page| !page.dirty) {
            self.note_first_store(index);
        }
        let page = self
            .sparse
            .entry(index)
            .or_insert_with(|| SparsePage { words: Box::new([0; WORDS_PER_PAGE]), dirty: false });
        page.words[word_in_page(address)] = value;
        page.dirty = true;
    }

    /// Notes the page of that index, which is about to be stored to for the first time since somebody looked.
    fn note_first_store(&mut self, index: u64) {
        self.dirty.push(index);
        if let Some(mut past) = self.past.take() {
            past.keep(index, self.page(index));
            self.past = Some(past);
        }
    }

    /// Sees to the marks before a store to a page whose mark is not [`WRITABLE`]; false if the page is a sparse one.
    fn prepare_store(&mut self, address: u64) -> Result<bool, MemoryError> {
        let page = address >> PAGE_SHIFT;
        let mark = self.segments.mark(address);
        if mark & PRESENT == 0 && self.sparse.contains_key(&page) {
            return Ok(false);
        }
        if mark & PRESENT == 0 {
            if self.present.len() >= self.most_pages {
                return Err(MemoryError::Limit { pages: self.most_pages });
            }
            if !self.segments.covers(address) {
                self.present.push(page);
                return Ok(false);
            }
            self.segments.map(address)?;
            self.present.push(page);
        }
        if mark & DIRTY == 0 {
            self.note_first_store(page);
        }
        if mark & CODE != 0 {
            self.code_stores.push(page);
        }
        let reserved = if self.reserved == Some(page) { RESERVED } else { 0 };
        self.segments.set_mark(address, (mark | WRITABLE) & !(CODE | RESERVED) | reserved);
        Ok(true)
    }

    /// The page of that index, if it exists.
    #[must_use]
    pub fn page(&self, index: u64) -> Option<&Page> {
        if let Some(page) = self.sparse.get(&index) {
            return Some(&page.words);
        }
        let address = index << PAGE_SHIFT;
        (self.segments.mark(address) & PRESENT != 0).then(|| self.segments.page(address))
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

    /// The 32 bytes around `address` and what leads from them to the root.
    pub fn merkle_proof(&mut self, address: u64) -> MerkleProof {
        self.update_tree();
        self.tree.prove(address, self.page(address >> PAGE_SHIFT))
    }

    /// Remembers memory as it is now, for a proof of the word at `address`, instead of what was remembered before. Costs
    /// little but the copy of a page on the first store to it.
    pub(crate) fn remember(&mut self, address: u64) {
        let dirty = self.take_dirty();
        self.stale.extend(dirty);
        self.past.get_or_insert_default().begin(address);
    }

    /// Forgets what was remembered.
    pub(crate) fn forget(&mut self) {
        self.past = None;
    }

    /// As [`Memory::merkle_proof`], of the word that memory was remembered for, in memory as it was; it is then forgotten.
    /// `None` if nothing was remembered.
    pub(crate) fn remembered_proof(&mut self) -> Option<MerkleProof> {
        let past = self.past.take()?;
        let address = past.address();
        self.update_tree();
        let pages = past.pages();
        let now: Vec<_> = pages.keys().map(|&index| (index, self.tree.page_root(index))).collect();
        let then: Vec<_> = pages.iter().map(|(&index, &page)| (index, page)).collect();
        self.tree.update(&merkle::page_roots(&then));
        let index = address >> PAGE_SHIFT;
        let proof = self.tree.prove(address, pages.get(&index).copied().or_else(|| self.page(index)));
        self.tree.update(&now);
        Some(proof)
    }

    fn update_tree(&mut self) {
        let mut changed = std::mem::take(&mut self.stale);
        changed.extend(self.take_dirty());
        if changed.is_empty() {
            return;
        }
        let pages: Vec<_> = changed.iter().filter_map(|&index| Some((index, self.page(index)?))).collect();
        let roots = merkle::page_roots(&pages);
        self.tree.update(&roots);
    }

    /// The pages that were stored to since somebody looked; the next store to each is noted again.
    fn take_dirty(&mut self) -> Vec<u64> {
        let dirty = std::mem::take(&mut self.dirty);
        for &index in &dirty {
            let address = index << PAGE_SHIFT;
            let mark = self.segments.mark(address);
            if mark & PRESENT != 0 {
                self.segments.set_mark(address, mark & !DIRTY);
            } else if let Some(page) = self.sparse.get_mut(&index) {
                page.dirty = false;
            }
        }
        dirty
    }

    /// Whether every page lies in a segment, so that compiled code sees all of memory.
    pub(crate) fn is_flat(&self) -> bool {
        self.sparse.is_empty()
    }

    /// Whether a store to the page of `address` concerns nobody but memory: it lies in a segment that is mapped, there is
    /// room for it, and nobody watches its code.
    pub(crate) fn is_plain_store(&self, address: u64) -> bool {
        let mark = self.segments.mark(address);
        if mark & PRESENT == 0 {
            return self.segments.is_mapped(address) && self.present.len() < self.most_pages;
        }
        mark & CODE == 0
    }

    /// The segment table, [`SEGMENTS`] entries, valid as long as this memory is.
    pub(crate) fn segment_table(&self) -> *const Entry {
        self.segments.table()
    }

    /// Has stores to the page of `pc` reported by [`Memory::take_code_stores`], once. Says no if the page does not exist
    /// or lies in no segment: then it must not be cached.
    pub(crate) fn watch_code(&mut self, pc: u64) -> bool {
        let mark = self.segments.mark(pc);
        if mark & PRESENT == 0 {
            return false;
        }
        self.segments.set_mark(pc, mark | CODE);
        true
    }

    /// Pages that were watched and have been stored to since the last call.
    pub(crate) fn take_code_stores(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.code_stores)
    }

    /// Whether [`Memory::take_code_stores`] has something to tell.
    #[inline]
    pub(crate) fn has_code_stores(&self) -> bool {
        !self.code_stores.is_empty()
    }

    /// Marks the page of the reserved word, if there is one, so that compiled code asks before it stores there; the mark
    /// of the one before goes.
    pub(crate) fn set_reserved(&mut self, address: Option<u64>) {
        let page = address.map(|address| address >> PAGE_SHIFT);
        if page == self.reserved {
            return;
        }
        if let Some(before) = std::mem::replace(&mut self.reserved, page) {
            self.remark(before << PAGE_SHIFT, |mark| mark & !RESERVED);
        }
        if let Some(page) = page {
            self.remark(page << PAGE_SHIFT, |mark| mark | RESERVED);
        }
    }

    /// Changes the mark of a page that exists in a segment.
    fn remark(&mut self, address: u64, change: impl Fn(u8) -> u8) {
        let mark = self.segments.mark(address);
        if mark & PRESENT != 0 {
            self.segments.set_mark(address, change(mark));
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
