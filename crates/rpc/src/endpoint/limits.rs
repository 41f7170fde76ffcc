//! How many requests a node gets, at once and each second.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep},
};

/// Answers of one node with many bytes that are read at once. The others wait with the bytes that they have.
const LARGE_AT_ONCE: usize = 2;

/// Lets requests through one after another.
#[derive(Debug)]
pub(crate) struct Limits {
    at_once: Semaphore,
    large: Semaphore,
    rate: Option<Mutex<Bucket>>,
}

/// A request may be sent, or a large answer read, as long as this lives, and others wait.
pub(crate) type Turn<'a> = SemaphorePermit<'a>;

/// Tokens that come back as time passes. Who finds too few takes them in advance, and waits.
#[derive(Debug)]
struct Bucket {
    per_second: f64,
    tokens: f64,
    updated: Instant,
}

impl Limits {
    pub(crate) fn new(at_once: usize, per_second: Option<NonZeroU32>) -> Self {
        let at_once = Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS));
        let large = Semaphore::new(LARGE_AT_ONCE);
        Self { at_once, large, rate: per_second.map(|rate| Mutex::new(Bucket::new(rate))) }
    }

    /// Waits until a request with this many calls may be sent. `None` if the limits are closed. They never are.
    pub(crate) async fn turn(&self, calls: u32) -> Option<Turn<'_>> {
        let turn = self.at_once.acquire().await.ok();
        if let Some(rate) = &self.rate {
            let wait = rate.lock().unwrap_or_else(PoisonError::into_inner).take(calls, Instant::now());
            sleep(wait).await;
        }
        turn
    }

    /// Waits until an answer that turns out to be large may be read on.
    pub(crate) async fn large(&self) -> Option<Turn<'_>> {
        self.large.acquire().await.ok()
    }
}

impl Bucket {
    fn new(per_second: NonZeroU32) -> Self {
        let per_second = f64::from(per_second.get());
        Self { per_second, tokens: per_second, updated: Instant::now() }
    }

    /// Takes tokens, and says how long to wait for them.
    fn take(&mut self, tokens: u32, now: Instant) -> Duration {
        let come = now.saturating_duration_since(self.updated).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + come).min(self.per_second) - f64::from(tokens);
        self.updated = now;
        Duration::try_from_secs_f64(-self.tokens / self.per_second).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refills() {
        let start = Instant::now();
        let mut bucket = Bucket { per_second: 10.0, tokens: 10.0, updated: start };
        assert_eq!(bucket.take(10, start), Duration::ZERO, "a burst of a second's worth");
        assert_eq!(bucket.take(1, start), Duration::from_millis(100));
        assert_eq!(bucket.take(4, start), Duration::from_millis(500));
        assert_eq!(bucket.take(1, start + Duration::from_secs(60)), Duration::ZERO);
        assert!((bucket.tokens - 9.0).abs() < 1e-9, "idle time is not saved: {}", bucket.tokens);
    }

    #[tokio::test(start_paused = true)]
    async fn requests_wait_for_their_turn() {
        let limits = Limits::new(2, NonZeroU32::new(1));
        let began = Instant::now();
        let first = limits.turn(1).await;
        let second = limits.turn(1).await;
        assert_eq!(began.elapsed().as_secs(), 1);
        let third = tokio::time::timeout(Duration::from_secs(60), limits.turn(1)).await;
        assert!(third.is_err(), "two at once");
        drop((first, second));
        assert!(limits.turn(1).await.is_some());
    }
}
