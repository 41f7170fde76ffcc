//! Copies of pages, in memory that is used again for the next copies.
//!
//! Copies are allocated in chunks of many pages. To get fresh memory for each page from the system takes several times as
//! long as to copy the page.

use super::{PAGE_BYTES, Page, WORDS_PER_PAGE};

/// Pages of a chunk: 1 MiB.
const CHUNK_PAGES: usize = 256;
/// Chunks that stay allocated when no copy is left.
const SPARE_CHUNKS: usize = 4;

/// The place of a copy. It is not `Clone`, so that a copy is removed once only.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageCopy(usize);

/// All copies of the pages of one memory.
#[derive(Default)]
pub(super) struct PageCopies {
    chunks: Vec<Box<[Page]>>,
    /// The places that were used and are free again.
    free: Vec<usize>,
    /// The places that were used: the first so many.
    used: usize,
}

impl PageCopies {
    /// Copies a page.
    pub(super) fn add(&mut self, page: &Page) -> PageCopy {
        let place = self.free.pop().unwrap_or_else(|| self.grow());
        self.chunks[place / CHUNK_PAGES][place % CHUNK_PAGES] = *page;
        PageCopy(place)
    }

    fn grow(&mut self) -> usize {
        if self.used == self.chunks.len() * CHUNK_PAGES {
            self.chunks.push(vec![[0; WORDS_PER_PAGE]; CHUNK_PAGES].into_boxed_slice());
        }
        self.used += 1;
        self.used - 1
    }

    pub(super) fn get(&self, copy: &PageCopy) -> &Page {
        &self.chunks[copy.0 / CHUNK_PAGES][copy.0 % CHUNK_PAGES]
    }

    /// Frees the place of a copy. The memory returns to the system when no copy is left, apart from a few chunks.
    pub(super) fn remove(&mut self, copy: PageCopy) {
        self.free.push(copy.0);
        if self.count() == 0 {
            self.chunks.truncate(SPARE_CHUNKS);
            self.free.clear();
            self.used = 0;
        }
    }

    /// The number of copies.
    pub(super) const fn count(&self) -> usize {
        self.used - self.free.len()
    }

    /// The bytes of all copies.
    pub(super) const fn bytes(&self) -> usize {
        self.count() * PAGE_BYTES
    }
}
