//! The dirty log: which pages were stored to, and what they contained before, for any number of readers.
//!
//! The log is a list of *intervals*. A *cut* closes the last interval and opens the next. Each interval lists the pages
//! that were stored to between two cuts. A page is logged by the first store to it in an interval, which also sets the
//! page flag [`super::flags::DIRTY`].
//!
//! ```text
//! cut        cut        cut
//!  | interval | interval | open interval
//!  ^ checkpoint          ^ Merkle tree
//! ```
//!
//! A *reader* stands at the beginning of an interval, and later reads the pages that were logged from there on. Readers
//! are the Merkle tree and the checkpoints. Two closed intervals are merged when no reader stands between them, so the
//! log grows with the number of readers and pages, not with time.

use super::{
    Page,
    copies::{PageCopies, PageCopy},
};
use alloy_primitives::map::{Entry, HashMap, HashSet};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// Where a reader stands: the number of the interval that begins there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor(u64);

/// The stores between two cuts.
struct Interval {
    number: u64,
    /// How many readers stand at its beginning.
    readers: usize,
    /// How many of these readers are checkpoints.
    checkpoints: usize,
    /// The indices of the pages that were stored to.
    pages: HashSet<u64>,
    /// A copy of each of these pages as it was at the beginning of the interval, or `None` for a page that was not
    /// allocated then. The map is empty if no checkpoint stands at the beginning of this or an earlier interval.
    copies: HashMap<u64, Option<PageCopy>>,
}

impl Interval {
    fn new(number: u64) -> Self {
        Self { number, readers: 0, checkpoints: 0, pages: HashSet::default(), copies: HashMap::default() }
    }

    /// Merges `next`, the following interval, into this one. If both have a copy of a page, the older copy stays.
    fn merge(&mut self, next: Self, store: &mut PageCopies) {
        self.pages.extend(next.pages);
        for (index, copy) in next.copies {
            match self.copies.entry(index) {
                Entry::Vacant(entry) => {
                    entry.insert(copy);
                }
                Entry::Occupied(_) => copy.into_iter().for_each(|copy| store.remove(copy)),
            }
        }
    }

    /// Removes all copies of the interval from `store`.
    fn remove_copies(&mut self, store: &mut PageCopies) {
        self.copies.drain().filter_map(|(_, copy)| copy).for_each(|copy| store.remove(copy));
    }
}

/// The cursors of the dropped checkpoints that the log has not removed yet.
type Dropped = Arc<Mutex<Vec<Cursor>>>;

/// A checkpoint of memory. As long as this value lives, memory can be reproduced as it was at the checkpoint.
#[derive(Debug)]
pub(crate) struct MemoryCheckpoint {
    cursor: Cursor,
    /// Shared with the log. It also identifies the log.
    dropped: Dropped,
}

impl Drop for MemoryCheckpoint {
    fn drop(&mut self) {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner).push(self.cursor);
    }
}

/// The log of one memory.
pub(super) struct DirtyLog {
    /// The intervals, in ascending order of their numbers. The last one is open. A reader stands at the beginning of
    /// each of the others.
    intervals: VecDeque<Interval>,
    /// The copies of pages of all intervals.
    store: PageCopies,
    dropped: Dropped,
    /// The number of checkpoints, the sum over all intervals. It includes those in `dropped`.
    checkpoints: usize,
}

impl Default for DirtyLog {
    fn default() -> Self {
        Self {
            intervals: VecDeque::from([Interval::new(0)]),
            store: PageCopies::default(),
            dropped: Arc::default(),
            checkpoints: 0,
        }
    }
}

impl DirtyLog {
    /// Logs a page before the first store to it in the open interval. `page` is what it contains, or `None` if it is
    /// not allocated yet.
    pub(super) fn add(&mut self, index: u64, page: Option<&Page>) {
        if self.checkpoints > 0 {
            self.release_dropped_checkpoints();
        }
        let copy = (self.checkpoints > 0).then(|| (index, page.map(|page| self.store.add(page))));
        let open = self.open_interval();
        open.pages.insert(index);
        open.copies.extend(copy);
    }

    /// Closes the open interval, opens the next, and returns the indices of the pages that were logged in the closed
    /// one. The caller must clear the flag DIRTY of these pages, so that the next store to each of them is logged
    /// again. If nothing was logged in the open interval, it stays open, and no indices are returned.
    pub(super) fn cut(&mut self) -> Vec<u64> {
        self.release_dropped_checkpoints();
        let open = self.open_interval();
        if open.pages.is_empty() {
            return Vec::new();
        }
        let pages = open.pages.iter().copied().collect();
        let next = Interval::new(open.number + 1);
        self.intervals.push_back(next);
        self.merge_if_unread(self.intervals.len() - 2);
        pages
    }

    /// Adds a reader at the last cut.
    pub(super) fn add_reader(&mut self) -> Cursor {
        let open = self.open_interval();
        open.readers += 1;
        Cursor(open.number)
    }

    /// Moves a reader to the last cut. Returns the indices of the pages that were logged between its old place and that
    /// cut.
    pub(super) fn read(&mut self, cursor: &mut Cursor) -> BTreeSet<u64> {
        let from = self.position(*cursor);
        let open = self.intervals.len() - 1;
        let pages = self.intervals.range(from..open).flat_map(|interval| &interval.pages).copied().collect();
        *cursor = self.add_reader();
        self.remove_reader(from);
        pages
    }

    /// Adds a checkpoint at the last cut. The caller must make a cut just before: pages that were logged between the
    /// cut and the checkpoint could lack copies.
    pub(super) fn add_checkpoint(&mut self) -> MemoryCheckpoint {
        let cursor = self.add_reader();
        self.open_interval().checkpoints += 1;
        self.checkpoints += 1;
        MemoryCheckpoint { cursor, dropped: self.dropped.clone() }
    }

    /// The pages that were stored to since a checkpoint, by their index. Each page is returned as it was at the
    /// checkpoint, or as `None` if it was not allocated then. Instead of the map, returns `None` if the checkpoint
    /// belongs to another memory.
    pub(super) fn changed_since(
        &self,
        checkpoint: &MemoryCheckpoint,
    ) -> Option<BTreeMap<u64, Option<&Page>>> {
        if !Arc::ptr_eq(&self.dropped, &checkpoint.dropped) {
            return None;
        }
        let mut pages = BTreeMap::new();
        for interval in self.intervals.range(self.position(checkpoint.cursor)..) {
            debug_assert_eq!(
                interval.copies.len(),
                interval.pages.len(),
                "every page that is logged after a checkpoint has a copy as long as the checkpoint lives"
            );
            // The first interval that has a copy of a page has the page as it was at the checkpoint.
            for (index, copy) in &interval.copies {
                pages.entry(*index).or_insert_with(|| copy.as_ref().map(|copy| self.store.get(copy)));
            }
        }
        Some(pages)
    }

    /// The size in bytes of all copies of pages that checkpoints need.
    pub(super) fn copied_bytes(&mut self) -> usize {
        self.release_dropped_checkpoints();
        self.store.bytes()
    }

    #[cfg(test)]
    pub(super) fn interval_count(&self) -> usize {
        self.intervals.len()
    }

    /// The last interval. There always is one.
    fn open_interval(&mut self) -> &mut Interval {
        let last = self.intervals.len() - 1;
        &mut self.intervals[last]
    }

    /// The position in `intervals` of the interval at whose beginning a reader stands.
    fn position(&self, cursor: Cursor) -> usize {
        self.intervals.partition_point(|interval| interval.number < cursor.0)
    }

    /// Removes a reader from the beginning of the interval at `position`.
    fn remove_reader(&mut self, position: usize) {
        self.intervals[position].readers -= 1;
        self.merge_if_unread(position);
    }

    /// Merges a closed interval into the previous one if no reader stands at its beginning. Drops it instead if it is
    /// the first interval, because no reader will read it.
    fn merge_if_unread(&mut self, position: usize) {
        if position + 1 == self.intervals.len() || self.intervals[position].readers > 0 {
            return;
        }
        let Some(mut interval) = self.intervals.remove(position) else { return };
        match position.checked_sub(1) {
            Some(previous) => self.intervals[previous].merge(interval, &mut self.store),
            None => interval.remove_copies(&mut self.store),
        }
    }

    /// Removes the checkpoints that were dropped, and the copies that only these checkpoints needed.
    fn release_dropped_checkpoints(&mut self) {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        for cursor in dropped {
            let position = self.position(cursor);
            self.intervals[position].checkpoints -= 1;
            self.checkpoints -= 1;
            self.remove_unneeded_copies(position);
            self.remove_reader(position);
        }
    }

    /// Removes the copies that are not needed any more, because a checkpoint that stood at `position` was just dropped.
    ///
    /// A checkpoint reads the copies of its own interval and of all later ones, see [`Self::changed_since`]. So an
    /// interval needs its copies as long as a checkpoint stands at its beginning or before it. If another checkpoint
    /// stands before `position`, all intervals from `position` on still need their copies. Otherwise, the intervals
    /// from `position` up to the next one with a checkpoint no longer need theirs.
    fn remove_unneeded_copies(&mut self, position: usize) {
        let has_checkpoint = |interval: &Interval| interval.checkpoints > 0;
        if self.intervals.range(..position).any(has_checkpoint) {
            return;
        }
        let until_next =
            self.intervals.range_mut(position..).take_while(|interval| !has_checkpoint(interval));
        until_next.for_each(|interval| interval.remove_copies(&mut self.store));
    }
}
