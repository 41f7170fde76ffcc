//! Copies of pages. Their memory is reused, because getting a new page from the system takes several times as long as
//! copying one.
//!
//! Copies lie in chunks. A chunk does not ask the system for huge pages, because they would be slower: the system takes
//! longer to find and clear a huge page than to find and clear the small pages that it replaces.

use super::{PAGE_BYTES, Page};

/// The size of a chunk in pages, 4 MiB. Only the part in use takes memory.
const CHUNK_PAGES: usize = 1 << 10;

/// Identifies a copy by its *place*: its index among all pages of all chunks. This type is not `Clone`, so that a copy
/// cannot be removed twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageCopy(usize);

/// All copies of the pages of one memory.
#[derive(Default)]
pub(super) struct PageCopies {
    /// Each chunk has room for [`CHUNK_PAGES`] pages. All chunks but the last are full.
    chunks: Vec<Vec<Page>>,
    /// The places whose copies were removed.
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
        let place = self.place_count();
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.extend_from_slice(std::slice::from_ref(page));
        }
        PageCopy(place)
    }

    pub(super) fn get(&self, copy: &PageCopy) -> &Page {
        &self.chunks[copy.0 / CHUNK_PAGES][copy.0 % CHUNK_PAGES]
    }

    /// Removes a copy. If no copies are left, frees all chunks but one.
    pub(super) fn remove(&mut self, copy: PageCopy) {
        self.free.push(copy.0);
        if self.copy_count() == 0 {
            self.chunks.truncate(1);
            self.chunks.iter_mut().for_each(Vec::clear);
            self.free.clear();
        }
    }

    /// The size of all copies in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.copy_count() * PAGE_BYTES
    }

    fn copy_count(&self) -> usize {
        self.place_count() - self.free.len()
    }

    /// The number of places that have or had a copy.
    fn place_count(&self) -> usize {
        self.chunks.last().map_or(0, |chunk| (self.chunks.len() - 1) * CHUNK_PAGES + chunk.len())
    }
}
