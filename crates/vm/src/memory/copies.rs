//! Copies of pages, in memory that is reused.
//!
//! Copies lie in chunks. Fresh memory from the system takes several times as long as copying a page. Huge pages do not
//! help: the system takes longer to find and clear one than to find and clear the small pages that it replaces.

use super::{PAGE_BYTES, Page};

/// Pages of a chunk: 4 MiB. Only its used part is backed by memory.
const CHUNK_PAGES: usize = 1 << 10;

/// The place of a copy. It is not `Clone`, so that a copy is removed only once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageCopy(usize);

/// All copies of the pages of one memory.
#[derive(Default)]
pub(super) struct PageCopies {
    /// Each has room for [`CHUNK_PAGES`] pages. All but the last are full.
    chunks: Vec<Vec<Page>>,
    /// The places that were used and are free again.
    free: Vec<usize>,
}

impl PageCopies {
    /// Copies a page.
    pub(super) fn add(&mut self, page: &Page) -> PageCopy {
        if let Some(place) = self.free.pop() {
            self.chunks[place / CHUNK_PAGES][place % CHUNK_PAGES] = *page;
            return PageCopy(place);
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK_PAGES) {
            self.chunks.push(Vec::with_capacity(CHUNK_PAGES));
        }
        let place = self.used();
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.extend_from_slice(std::slice::from_ref(page));
        }
        PageCopy(place)
    }

    pub(super) fn get(&self, copy: &PageCopy) -> &Page {
        &self.chunks[copy.0 / CHUNK_PAGES][copy.0 % CHUNK_PAGES]
    }

    /// Frees the place of a copy. When no copy is left, the memory returns to the system, apart from one chunk.
    pub(super) fn remove(&mut self, copy: PageCopy) {
        self.free.push(copy.0);
        if self.count() == 0 {
            self.chunks.truncate(1);
            self.chunks.iter_mut().for_each(Vec::clear);
            self.free.clear();
        }
    }

    /// The bytes of all copies.
    pub(super) fn bytes(&self) -> usize {
        self.count() * PAGE_BYTES
    }

    fn count(&self) -> usize {
        self.used() - self.free.len()
    }

    /// The number of places that are in use or free again.
    fn used(&self) -> usize {
        self.chunks.last().map_or(0, |chunk| (self.chunks.len() - 1) * CHUNK_PAGES + chunk.len())
    }
}
