//! Waiting for a lock, up to a time-out.

use std::{
    thread,
    time::{Duration, Instant},
};

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// How long optional work waits for a lock: longer than most writers hold it.
pub(crate) const BRIEFLY: Duration = Duration::from_millis(100);

/// Repeats `attempt` until it succeeds, fails, or `patience` is over; then the answer is `None`.
pub(crate) fn until<T, E>(
    patience: Duration,
    mut attempt: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(50);
    loop {
        if let Some(done) = attempt()? {
            return Ok(Some(done));
        }
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
