//! Memory as it was at some moment, for the proof of one word: the pages that were stored to since, as they were before.

use super::{Page, WORDS_PER_PAGE};
use std::collections::{BTreeMap, btree_map::Entry};

/// What has to be put back to have memory as it was.
#[derive(Default)]
pub(super) struct Past {
    /// The word that a proof may be asked for.
    address: u64,
    /// The pages that have changed, and where in `pages` they are kept; `None` if they did not exist.
    places: BTreeMap<u64, Option<usize>>,
    pages: Vec<Page>,
}

impl Past {
    /// Begins anew, with nothing changed.
    pub(super) fn begin(&mut self, address: u64) {
        self.address = address;
        self.places.clear();
        self.pages.clear();
    }

    pub(super) const fn address(&self) -> u64 {
        self.address
    }

    /// Keeps a page that is about to be stored to, unless it was before; `None` if it does not exist yet.
    pub(super) fn keep(&mut self, index: u64, page: Option<&Page>) {
        if let Entry::Vacant(place) = self.places.entry(index) {
            place.insert(page.map(|_| self.pages.len()));
            self.pages.extend(page);
        }
    }

    /// The pages that have changed, as they were; those that did not exist as zeros.
    pub(super) fn pages(&self) -> BTreeMap<u64, &Page> {
        const ZEROS: &Page = &[0; WORDS_PER_PAGE];
        self.places.iter().map(|(&index, place)| (index, place.map_or(ZEROS, |at| &self.pages[at]))).collect()
    }
}
