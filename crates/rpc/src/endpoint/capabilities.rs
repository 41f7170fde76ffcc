//! What a node cannot do, as far as it said so lately.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Calls in one batch, at first.
const BATCH: usize = 32;

/// How long what a node said is believed. Behind one address there can be several nodes, and they are updated.
const BELIEVED: Duration = Duration::from_mins(1);

/// Methods and batches that a node refused.
#[derive(Debug, Default)]
pub(crate) struct Capabilities {
    refused: Mutex<Refused>,
}

#[derive(Debug, Default)]
struct Refused {
    methods: HashMap<&'static str, Instant>,
    batch: Option<(usize, Instant)>,
}

impl Capabilities {
    /// The node lacks this method.
    pub(crate) fn lack(&self, method: &'static str) {
        self.lock().methods.insert(method, Instant::now());
    }

    /// Whether the node lacks this method.
    pub(crate) fn lacks(&self, method: &'static str) -> bool {
        self.lock().methods.get(method).is_some_and(|said| said.elapsed() < BELIEVED)
    }

    /// The node refused a batch of this many calls, which are at least two.
    pub(crate) fn refuse_batch(&self, calls: usize) {
        let smaller = (calls / 2).max(1);
        let mut refused = self.lock();
        let known = refused.batch.filter(|(_, said)| said.elapsed() < BELIEVED).map(|(calls, _)| calls);
        refused.batch = Some((known.unwrap_or(BATCH).min(smaller), Instant::now()));
    }

    /// How many calls to send at once.
    pub(crate) fn batch(&self) -> usize {
        match self.lock().batch {
            Some((calls, said)) if said.elapsed() < BELIEVED => calls,
            _ => BATCH,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Refused> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_a_node_lacks_is_forgotten() {
        let capabilities = Capabilities::default();
        assert!(!capabilities.lacks("debug_dbGet"));
        capabilities.lack("debug_dbGet");
        for calls in [32, 16, 32] {
            capabilities.refuse_batch(calls);
        }
        assert!(capabilities.lacks("debug_dbGet") && !capabilities.lacks("eth_chainId"));
        assert_eq!(capabilities.batch(), 8);
        capabilities.refuse_batch(2);
        assert_eq!(capabilities.batch(), 1);
        tokio::time::advance(BELIEVED).await;
        assert!(!capabilities.lacks("debug_dbGet"));
        assert_eq!(capabilities.batch(), BATCH);
    }
}
