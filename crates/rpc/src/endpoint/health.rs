//! How a node has answered lately, and when to ask it again.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

use super::turn::Turn;
use crate::{fault::Fault, retry};

/// A node that lies is asked after the others for this long. Then it is tried first again, if it comes first: that takes no
/// longer than an answer.
const LIE_REMEMBERED: Duration = Duration::from_mins(1);

/// A failure so long after the one before begins a new outage, because there was no request in between.
const FORGOTTEN: Duration = Duration::from_mins(2);

/// The state of one node.
#[derive(Debug, Default)]
pub(crate) struct Health {
    outage: Mutex<Option<Outage>>,
    /// When the node gave a wrong answer last.
    lied: Mutex<Option<Instant>>,
    turn: Mutex<Turn>,
}

/// A node that was busy or not there when it was last asked.
#[derive(Debug, Clone, Copy)]
struct Outage {
    began: Instant,
    last_failure: Instant,
    /// Failures one after another. Requests that fail together count as one.
    failures: u32,
    ready: Instant,
}

impl Health {
    /// Notes how a request ended that began at `asked`. Only [`Fault::Busy`] is a sign of ill health: a node that refuses
    /// or lacks something works.
    pub(crate) fn note(&self, fault: Option<Fault>, asked: Instant) {
        let mut outage = self.lock();
        let Some(Fault::Busy { after }) = fault else {
            *outage = None;
            return;
        };
        let now = Instant::now();
        let before = outage.filter(|before| asked.saturating_duration_since(before.last_failure) < FORGOTTEN);
        let failures = match before {
            None => 0,
            Some(before) if asked < before.last_failure => before.failures,
            Some(before) => before.failures.saturating_add(1),
        };
        let wait = match after {
            Some(after) => after.min(retry::LONGEST_ASKED),
            None => retry::pause(failures),
        };
        *outage = Some(Outage {
            began: before.map_or(asked, |before| before.began),
            last_failure: now,
            failures,
            ready: (now + wait).max(before.map_or(now, |before| before.ready)),
        });
    }

    /// When to ask the node again; `None` is now.
    pub(crate) fn ready(&self) -> Option<Instant> {
        self.lock().map(|outage| outage.ready).filter(|&ready| ready > Instant::now())
    }

    /// Since when the node has not answered.
    pub(crate) fn down_since(&self) -> Option<Instant> {
        self.lock().filter(|outage| outage.last_failure.elapsed() < FORGOTTEN).map(|outage| outage.began)
    }

    /// The node gave an answer that is not what was asked for.
    pub(crate) fn lied(&self) {
        *self.lied.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether other nodes should be asked first.
    pub(crate) fn is_second_choice(&self) -> bool {
        let lied = *self.lied.lock().unwrap_or_else(PoisonError::into_inner);
        self.turn().is_lost() || lied.is_some_and(|last| last.elapsed() < LIE_REMEMBERED)
    }

    /// Whether and how the node may get its turn back that it lost by a failure.
    pub(crate) fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Outage>> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const DOWN: Option<Fault> = Some(Fault::Busy { after: None });

    #[tokio::test(start_paused = true)]
    async fn an_outage_lasts_from_the_first_failure_to_an_answer() {
        let health = Health::default();
        assert!(health.ready().is_none() && health.down_since().is_none());
        let began = Instant::now();
        health.note(DOWN, began);
        advance(Duration::from_secs(100)).await;
        assert!(health.ready().is_none());
        health.note(DOWN, Instant::now());
        assert!(health.ready().is_some());
        assert_eq!(health.down_since(), Some(began));
        health.note(Some(Fault::Absent), Instant::now());
        assert!(health.ready().is_none() && health.down_since().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_long_silence_an_outage_is_a_new_one() {
        let health = Health::default();
        health.note(DOWN, Instant::now());
        advance(FORGOTTEN).await;
        assert!(health.down_since().is_none());
        let again = Instant::now();
        health.note(DOWN, again);
        assert_eq!(health.down_since(), Some(again));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lie_is_forgotten() {
        let health = Health::default();
        health.lied();
        health.note(None, Instant::now());
        assert!(health.is_second_choice() && health.ready().is_none());
        advance(LIE_REMEMBERED).await;
        assert!(!health.is_second_choice());
    }

    #[tokio::test(start_paused = true)]
    async fn failures_together_count_once() {
        let health = Health::default();
        let asked = Instant::now();
        advance(Duration::from_secs(1)).await;
        for _ in 0..100 {
            health.note(DOWN, asked);
        }
        let wait = health.ready().unwrap() - Instant::now();
        assert!(wait < Duration::from_secs(1), "{wait:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_may_ask_for_a_pause() {
        let health = Health::default();
        for (asks, wait) in [(2, 2), (3600, 60)] {
            health.note(Some(Fault::Busy { after: Some(Duration::from_secs(asks)) }), Instant::now());
            assert_eq!(health.ready().unwrap() - Instant::now(), Duration::from_secs(wait));
        }
    }
}
