//! What reading ahead was good for.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::routes::{Bounded, Request};

/// Requests read ahead that are remembered until the program wants them.
const MOST_READ: usize = 4096;

/// How often the program waited for a node, and how often it did not have to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// Pre-images that neither the store nor the memory had when the program asked.
    pub missed: u64,
    /// Of these, how many waited for a request that was already under way.
    pub waited: u64,
    /// How long the program waited for all of them.
    pub waiting: Duration,
    /// Requests that were made before the program asked, and were answered.
    pub ahead: u64,
    /// Of these, how many the program wanted later.
    pub hits: u64,
    /// Hints that were not looked at, because too many came at once.
    pub dropped: u64,
}

impl Reads {
    /// Adds what was counted elsewhere.
    pub(crate) fn add(&mut self, more: &Self) {
        self.missed += more.missed;
        self.waited += more.waited;
        self.waiting += more.waiting;
        self.ahead += more.ahead;
        self.hits += more.hits;
        self.dropped += more.dropped;
    }
}

/// Counts for [`Reads`].
#[derive(Debug)]
pub(crate) struct Tally {
    missed: AtomicU64,
    waited: AtomicU64,
    waiting_micros: AtomicU64,
    ahead: AtomicU64,
    hits: AtomicU64,
    dropped: AtomicU64,
    /// What was read ahead and not wanted yet.
    read: Mutex<Bounded<Request, ()>>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            missed: AtomicU64::new(0),
            waited: AtomicU64::new(0),
            waiting_micros: AtomicU64::new(0),
            ahead: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            read: Mutex::new(Bounded::new(MOST_READ)),
        }
    }
}

impl Tally {
    pub(crate) fn missed(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn waited(&self) {
        self.waited.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn waiting(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.waiting_micros.fetch_add(micros, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer to `request` came before the program asked.
    pub(crate) fn read_ahead(&self, request: Request) {
        self.ahead.fetch_add(1, Ordering::Relaxed);
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(request, ());
    }

    /// The program wants the answer to `request`.
    pub(crate) fn wanted(&self, request: &Request) {
        if self.read.lock().unwrap_or_else(PoisonError::into_inner).remove(request).is_some() {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn reads(&self) -> Reads {
        Reads {
            missed: self.missed.load(Ordering::Relaxed),
            waited: self.waited.load(Ordering::Relaxed),
            waiting: Duration::from_micros(self.waiting_micros.load(Ordering::Relaxed)),
            ahead: self.ahead.load(Ordering::Relaxed),
            hits: self.hits.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;

    #[test]
    fn what_was_read_is_wanted_once() {
        let tally = Tally::default();
        let request = Request::Code { hash: B256::ZERO };
        tally.wanted(&request);
        tally.read_ahead(request.clone());
        tally.wanted(&request);
        tally.wanted(&request);
        assert_eq!(tally.reads(), Reads { ahead: 1, hits: 1, ..Reads::default() });
    }
}
