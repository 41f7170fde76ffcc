//! How long the nodes of one kind have given nothing that the program needed.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use tribunal_host::Attempt;

use crate::options::RoleName;

/// After so long without a failure, an outage is over: if the nodes fail again, that is another one.
const FORGOTTEN: Duration = Duration::from_mins(2);

/// Methods and nodes that are remembered of an outage.
const MOST_TRIED: usize = 8;

/// The outage of the nodes of one kind, if there is one.
///
/// It is one clock for all needs: whatever the program waits for, and by whatever methods that was asked for. It stops when
/// the program got something that it waited for. That a node answers something else says nothing.
#[derive(Debug)]
pub(crate) struct Outages {
    name: RoleName,
    retry_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Outage>,
    /// When the program got last what it needed.
    answered_at: Option<Instant>,
}

#[derive(Debug)]
struct Outage {
    began: Instant,
    last_failure: Instant,
    /// What was asked of whom, each once.
    tried: Vec<String>,
}

/// How long one ask waits for nodes that are busy or not there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// When the outage began that the ask is a part of, or else when the need arose.
    began: Instant,
    retry_for: Duration,
    /// Whether earlier needs have waited long enough for these nodes: each node is asked once, and no more.
    pub(crate) is_spent: bool,
}

impl Outages {
    pub(crate) fn new(name: RoleName, retry_for: Duration) -> Self {
        Self { name, retry_for, state: Mutex::default() }
    }

    /// The patience for something that the program has needed since then.
    pub(crate) fn patience_since(&self, since: Instant) -> Patience {
        let state = self.lock();
        let joined = state.current.as_ref().filter(|outage| since < outage.last_failure + FORGOTTEN);
        let is_spent = joined.is_some_and(|outage| outage.began.elapsed() >= self.retry_for);
        let began = joined.map_or(since, |outage| outage.began.min(since));
        Patience { began, retry_for: self.retry_for, is_spent }
    }

    /// The patience for something that the program does not need yet.
    pub(crate) fn patience_ahead(&self) -> Patience {
        Patience { began: Instant::now(), retry_for: self.retry_for, is_spent: false }
    }

    /// A node was busy or not there when something was needed.
    pub(crate) fn failed(&self, patience: Patience, attempt: &Attempt) {
        let mut state = self.lock();
        let now = Instant::now();
        let answered_at = state.answered_at;
        if state.current.as_ref().is_some_and(|outage| patience.began >= outage.last_failure + FORGOTTEN) {
            state.current = None;
        }
        let new = || Outage { began: now, last_failure: now, tried: Vec::new() };
        let outage = state.current.get_or_insert_with(new);
        let began = outage.began.min(patience.began);
        // What the program waited for before it was answered does not count.
        outage.began = answered_at.map_or(began, |answered_at| began.max(answered_at));
        outage.last_failure = now;
        let tried = format!("{} at {}", attempt.method, attempt.endpoint);
        if outage.tried.len() < MOST_TRIED && !outage.tried.contains(&tried) {
            outage.tried.push(tried);
        }
    }

    /// The program got what it needed.
    pub(crate) fn answered(&self) {
        *self.lock() = State { current: None, answered_at: Some(Instant::now()) };
    }

    /// Why nothing more is waited for.
    pub(crate) fn explained(&self, patience: Patience) -> String {
        let tried = self.lock().current.as_ref().map(|outage| outage.tried.join(", ")).unwrap_or_default();
        format!(
            "no {} has given what was needed for {} s, and such an outage is waited out for {} s (--retry-for); \
             asked in vain: {tried}",
            self.name,
            patience.waited().as_secs(),
            self.retry_for.as_secs_f64(),
        )
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Patience {
    /// How long nothing was had.
    pub(crate) fn waited(self) -> Duration {
        self.began.elapsed()
    }

    /// How much longer to wait.
    pub(crate) fn left(self) -> Duration {
        self.retry_for.saturating_sub(self.waited())
    }

    pub(crate) fn is_over(self) -> bool {
        self.waited() >= self.retry_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;
    use tribunal_preimage::PreimageKey;

    const RETRY_FOR: Duration = Duration::from_secs(90);

    fn outages() -> Outages {
        Outages::new(RoleName::L2, RETRY_FOR)
    }

    fn attempt(method: &str) -> Attempt {
        Attempt {
            endpoint: "http://a:1".into(),
            method: method.into(),
            key: PreimageKey::new_keccak256([7; 32]),
            reason: "HTTP 503".into(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_clock_runs_for_all_needs_until_one_is_met() {
        let outages = outages();
        for method in ["eth_getProof", "debug_dbGet", "eth_getProof"] {
            let patience = outages.patience_since(Instant::now());
            assert!(!patience.is_spent);
            advance(RETRY_FOR / 3).await;
            outages.failed(patience, &attempt(method));
        }
        advance(RETRY_FOR / 10).await;
        let late = outages.patience_since(Instant::now());
        assert!(late.is_spent && late.is_over() && late.left().is_zero());
        let said = outages.explained(late);
        for part in ["no L2 node", "for 99 s", "for 90 s", "eth_getProof at http://a:1, debug_dbGet at"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        outages.answered();
        let next = outages.patience_since(Instant::now());
        assert!(!next.is_spent && next.left() == RETRY_FOR);
    }

    #[tokio::test(start_paused = true)]
    async fn a_need_long_after_a_failure_is_a_new_one() {
        let outages = outages();
        outages.failed(outages.patience_since(Instant::now()), &attempt("eth_getProof"));
        advance(FORGOTTEN + RETRY_FOR).await;
        let need = outages.patience_since(Instant::now());
        assert!(!need.is_spent);
        outages.failed(need, &attempt("eth_getProof"));
        assert!(!outages.patience_since(Instant::now()).is_spent);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_that_ended_does_not_come_back() {
        let outages = outages();
        let need = outages.patience_since(Instant::now());
        advance(RETRY_FOR).await;
        outages.failed(need, &attempt("eth_getProof"));
        outages.answered();
        outages.failed(need, &attempt("eth_getProof"));
        let next = outages.patience_since(Instant::now());
        assert!(!next.is_spent && next.left() == RETRY_FOR);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let outages = outages();
        let patience = outages.patience_since(Instant::now());
        (0..1000).for_each(|number| outages.failed(patience, &attempt(&number.to_string())));
        assert_eq!(outages.lock().current.as_ref().unwrap().tried.len(), MOST_TRIED);
    }
}
