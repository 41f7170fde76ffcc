//! How a preferred node that failed gets its turn back.
//!
//! A node that fails is asked after the others from then on. To see whether it is fit again, the very request that failed is
//! made again in the background, where the program does not wait for it. A node can be slow with one method and quick with all others.

use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// The longest pause before the first probe.
const FIRST_PAUSE: Duration = Duration::from_secs(30);

/// How many times the first pause the longest one is.
const LONGEST: u32 = 32;

/// A node that fails again within so many pauses after it got its turn back is probed less often.
const RELAPSE: u32 = 8;

/// A request that tells whether a node is fit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Probe {
    Call {
        method: &'static str,
        params: Value,
    },
    /// A path of the beacon API.
    Get(String),
}

/// Whether the node may be asked in its turn.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    lost: Option<Lost>,
    /// When it was given back last, and after which pause.
    given_back: Option<(Instant, Duration)>,
}

#[derive(Debug)]
struct Lost {
    probe: Probe,
    /// When to probe next. `None` while a probe is under way.
    next: Option<Instant>,
    pause: Duration,
    longest: Duration,
}

impl Probe {
    /// The method or path.
    fn name(&self) -> &str {
        match self {
            Self::Call { method, .. } => method,
            Self::Get(path) => path,
        }
    }
}

impl Turn {
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// The node failed at this request, which may last as long as `timeout`.
    pub(crate) fn lose(&mut self, probe: impl FnOnce() -> Probe, timeout: Duration) {
        if self.lost.is_some() {
            return;
        }
        let first = timeout.min(FIRST_PAUSE);
        let longest = first.saturating_mul(LONGEST);
        let relapse = self.given_back.filter(|(at, pause)| at.elapsed() < pause.saturating_mul(RELAPSE));
        let pause = relapse.map_or(first, |(_, pause)| pause.saturating_mul(2).min(longest));
        self.lost = Some(Lost { probe: probe(), next: Some(Instant::now() + pause), pause, longest });
    }

    /// The node answered such a request in time.
    pub(crate) fn served(&mut self, name: &str) {
        if self.lost.as_ref().is_some_and(|lost| lost.probe.name() == name) {
            self.give_back();
        }
    }

    /// The request to make in the background, if it is time. [`Turn::probed`] must follow.
    pub(crate) fn probe(&mut self) -> Option<Probe> {
        let lost = self.lost.as_mut()?;
        lost.next.take_if(|next| *next <= Instant::now())?;
        Some(lost.probe.clone())
    }

    /// A probe has ended.
    pub(crate) fn probed(&mut self, is_fit: bool) {
        if is_fit {
            self.give_back();
        } else if let Some(lost) = &mut self.lost {
            lost.pause = lost.pause.saturating_mul(2).min(lost.longest);
            lost.next = Some(Instant::now() + lost.pause);
        }
    }

    fn give_back(&mut self) {
        if let Some(lost) = self.lost.take() {
            self.given_back = Some((Instant::now(), lost.pause));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const TIMEOUT: Duration = Duration::from_secs(10);

    fn probe() -> Probe {
        Probe::Call { method: "eth_getProof", params: Value::Null }
    }

    /// How long until the next probe.
    async fn pause(turn: &mut Turn) -> Duration {
        let began = Instant::now();
        while turn.probe().is_none() {
            advance(Duration::from_secs(1)).await;
        }
        began.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn probes_become_rare() {
        let mut turn = Turn::default();
        turn.lose(probe, TIMEOUT);
        turn.lose(|| Probe::Get("later".into()), TIMEOUT);
        for times in [1, 2, 4, 8, 16, 32, 32] {
            assert_eq!(pause(&mut turn).await, TIMEOUT * times);
            assert!(turn.is_lost() && turn.probe().is_none(), "one probe at a time");
            turn.probed(false);
        }
        assert_eq!(pause(&mut turn).await, TIMEOUT * 32);
        turn.probed(true);
        assert!(!turn.is_lost() && turn.probe().is_none());
        // A relapse goes on where it was; much later it is a new failure.
        turn.lose(probe, TIMEOUT);
        assert_eq!(pause(&mut turn).await, TIMEOUT * 32);
        turn.probed(true);
        advance(TIMEOUT * 32 * RELAPSE).await;
        turn.lose(probe, TIMEOUT);
        assert_eq!(pause(&mut turn).await, TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn only_an_answer_to_the_same_gives_the_turn_back() {
        let mut turn = Turn::default();
        turn.lose(probe, TIMEOUT);
        turn.served("eth_chainId");
        assert!(turn.is_lost());
        turn.served("eth_getProof");
        assert!(!turn.is_lost());
    }
}
