//! The dirty log: which pages were stored to, and what they contained before, for any number of readers.
//!
//! The log is a list of *intervals*. A page is logged at the first store to it in an interval; the page flag
//! [`super::flags::DIRTY`] says that it is logged already. A *cut* closes the interval and begins the next. Each reader
//! has a cursor: the interval at whose beginning it stands. Two intervals become one when no reader stands between them,
//! so the log grows with the number of readers and of pages, not with time.

use super::{
    Page,
    copies::{PageCopies, PageCopy},
};
use alloy_primitives::map::{Entry, HashMap, HashSet};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Where a reader stands: the number of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor(u64);

/// The stores between two cuts.
struct Interval {
    number: u64,
    /// The readers that stand at its beginning.
    readers: usize,
    /// The checkpoints among these, for which pages are kept as they were.
    checkpoints: usize,
    /// The pages that were stored to.
    pages: HashSet<u64>,
    /// These pages as they were at the beginning of the interval, if a checkpoint stands there or earlier; otherwise
    /// empty. A page that did not exist has no copy.
    kept: HashMap<u64, Option<PageCopy>>,
}

impl Interval {
    fn new(number: u64) -> Self {
        Self { number, readers: 0, checkpoints: 0, pages: HashSet::default(), kept: HashMap::default() }
    }

    /// Appends the interval that follows. If both have a copy of a page, the older one stays.
    fn append(&mut self, next: Self, copies: &mut PageCopies) {
        self.pages.extend(next.pages);
        for (index, copy) in next.kept {
            match self.kept.entry(index) {
                Entry::Vacant(entry) => {
                    entry.insert(copy);
                }
                Entry::Occupied(_) => copy.into_iter().for_each(|copy| copies.remove(copy)),
            }
        }
    }

    /// Removes the copies of pages.
    fn forget_pages(&mut self, copies: &mut PageCopies) {
        self.kept.drain().filter_map(|(_, copy)| copy).for_each(|copy| copies.remove(copy));
    }
}

/// For each dropped checkpoint, the number of the interval at whose beginning it stood.
type Dropped = Arc<Mutex<Vec<u64>>>;

/// A checkpoint of memory: memory as it was at that cut can be reproduced as long as this value lives.
#[derive(Debug)]
pub(crate) struct MemoryCheckpoint {
    cursor: Cursor,
    dropped: Dropped,
}

impl Drop for MemoryCheckpoint {
    fn drop(&mut self) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(self.cursor.0);
    }
}

/// The log of one memory.
pub(super) struct DirtyLog {
    /// In the order of their numbers; the last one is open. Each but the last has readers.
    intervals: VecDeque<Interval>,
    copies: PageCopies,
    dropped: Dropped,
    /// Checkpoints in all intervals.
    checkpoints: usize,
}

impl Default for DirtyLog {
    fn default() -> Self {
        Self {
            intervals: VecDeque::from([Interval::new(0)]),
            copies: PageCopies::default(),
            dropped: Arc::default(),
            checkpoints: 0,
        }
    }
}

impl DirtyLog {
    /// Logs the first store to a page in this interval; `page` is the page as it is before the store, if it exists.
    pub(super) fn note(&mut self, index: u64, page: Option<&Page>) {
        if self.checkpoints > 0 {
            self.forget_dropped();
        }
        let kept = (self.checkpoints > 0).then(|| (index, page.map(|page| self.copies.add(page))));
        let open = self.open();
        open.pages.insert(index);
        open.kept.extend(kept);
    }

    /// Closes the interval, and returns the pages that were logged in it. The caller must clear the DIRTY flag of each, so
    /// that the next store to it is logged again.
    pub(super) fn cut(&mut self) -> Vec<u64> {
        self.forget_dropped();
        let open = self.open();
        if open.pages.is_empty() {
            return Vec::new();
        }
        let pages = open.pages.iter().copied().collect();
        let next = Interval::new(open.number + 1);
        self.intervals.push_back(next);
        self.tidy(self.intervals.len() - 2);
        pages
    }

    /// A new reader, which sees what is logged from the last cut on.
    pub(super) fn reader(&mut self) -> Cursor {
        let open = self.open();
        open.readers += 1;
        Cursor(open.number)
    }

    /// Moves a reader to the last cut, and returns the pages that were logged between, ascending.
    pub(super) fn read(&mut self, cursor: &mut Cursor) -> BTreeSet<u64> {
        let from = self.place(*cursor);
        let closed = self.intervals.len() - 1;
        let pages =
            self.intervals.range(from..closed).flat_map(|interval| &interval.pages).copied().collect();
        let before = std::mem::replace(cursor, self.reader());
        self.leave(self.place(before));
        pages
    }

    /// A checkpoint of memory at the last cut, provided that nothing was logged since.
    pub(super) fn checkpoint(&mut self) -> MemoryCheckpoint {
        let cursor = self.reader();
        self.open().checkpoints += 1;
        self.checkpoints += 1;
        MemoryCheckpoint { cursor, dropped: self.dropped.clone() }
    }

    /// The pages that were stored to since a checkpoint, as they were at it; each is `None` if it did not exist.
    /// Returns `None` if the checkpoint is of another memory.
    pub(super) fn since(&self, checkpoint: &MemoryCheckpoint) -> Option<BTreeMap<u64, Option<&Page>>> {
        if !Arc::ptr_eq(&self.dropped, &checkpoint.dropped) {
            return None;
        }
        let mut pages = BTreeMap::new();
        for interval in self.intervals.range(self.place(checkpoint.cursor)..) {
            debug_assert_eq!(
                interval.kept.len(),
                interval.pages.len(),
                "every page that is logged after a checkpoint is kept as long as the checkpoint lives"
            );
            for (index, copy) in &interval.kept {
                pages.entry(*index).or_insert_with(|| copy.as_ref().map(|copy| self.copies.get(copy)));
            }
        }
        Some(pages)
    }

    /// The bytes of the pages that are kept as they were.
    pub(super) fn kept_bytes(&mut self) -> usize {
        self.forget_dropped();
        self.copies.bytes()
    }

    #[cfg(test)]
    pub(super) fn intervals(&self) -> usize {
        self.intervals.len()
    }

    fn open(&mut self) -> &mut Interval {
        // There is always an open interval.
        let last = self.intervals.len() - 1;
        &mut self.intervals[last]
    }

    fn place(&self, cursor: Cursor) -> usize {
        self.intervals.partition_point(|interval| interval.number < cursor.0)
    }

    /// Removes a reader from the beginning of an interval.
    fn leave(&mut self, place: usize) {
        self.intervals[place].readers -= 1;
        self.tidy(place);
    }

    /// If no reader stands at the beginning of a closed interval, appends it to the previous one; drops it if it is the
    /// first.
    fn tidy(&mut self, place: usize) {
        if place + 1 == self.intervals.len() || self.intervals[place].readers > 0 {
            return;
        }
        let Some(mut interval) = self.intervals.remove(place) else { return };
        match place.checked_sub(1) {
            Some(before) => self.intervals[before].append(interval, &mut self.copies),
            None => interval.forget_pages(&mut self.copies),
        }
    }

    /// Forgets the checkpoints that were dropped.
    fn forget_dropped(&mut self) {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        for number in dropped {
            let place = self.place(Cursor(number));
            self.intervals[place].checkpoints -= 1;
            self.checkpoints -= 1;
            self.forget_pages(place);
            self.leave(place);
        }
    }

    /// Removes the copies that no checkpoint needs any more, after one at the beginning of the interval was dropped.
    fn forget_pages(&mut self, place: usize) {
        let is_needed = |interval: &Interval| interval.checkpoints > 0;
        if self.intervals.range(..place).any(is_needed) {
            return;
        }
        for interval in self.intervals.range_mut(place..).take_while(|interval| !is_needed(interval)) {
            interval.forget_pages(&mut self.copies);
        }
    }
}
