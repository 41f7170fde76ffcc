//! Copies of pages, each as it was at the beginning of an interval of the dirty log (see [`super::dirty`]). While there
//! are checkpoints, the log makes a copy before the first store to a page in an interval, and keeps it as long as a
//! checkpoint needs it.
//!
//! The memory of a removed copy is reused for the next one, because getting a new page from the system takes several
//! times as long as copying one.
//!
//! Copies lie in chunks. We do not advise the system to back them with huge pages (`MADV_HUGEPAGE`): this was measured
//! to be slower, because the system takes longer to find and clear a huge page than the small pages that it replaces.

use super::{PAGE_BYTES, Page};

/// The size of a chunk in pages: 4 MiB. The system backs a page of a chunk with memory when a copy is first stored
/// there.
const CHUNK_PAGES: usize = 1 << 10;

/// Identifies a copy by its *place*: its index among all pages of all chunks. This type is not `Clone`, so that a copy
/// cannot be removed twice.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PageCopy(usize);

/// All copies of pages of one [`super::Memory`].
#[derive(Default)]
pub(super) struct PageCopies {
    /// Each chunk has [`CHUNK_PAGES`] places, but the last can have fewer. A chunk keeps its places when their copies
    /// are removed, unless no copy is left.
    chunks: Vec<Vec<Page>>,
    /// The places without a copy. The next copies go there.
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

    /// The number of places in all chunks: those with a copy and those in `free`.
    fn place_count(&self) -> usize {
        self.chunks.last().map_or(0, |chunk| (self.chunks.len() - 1) * CHUNK_PAGES + chunk.len())
    }
}
