//! How much memory reading ahead may take.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::routes::Request;

/// KiB that all requests ahead may take together.
const TOTAL: u32 = 192 << 10;

/// A share of the memory for each request ahead that is under way.
#[derive(Debug)]
pub(crate) struct Budget(Arc<Semaphore>);

impl Default for Budget {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TOTAL as usize)))
    }
}

impl Budget {
    /// Waits until there is room for the answer to `request`. The room is taken until what comes back is dropped.
    pub(crate) async fn reserve(&self, request: &Request) -> Option<OwnedSemaphorePermit> {
        // It is closed never, so there is always a permit in the end.
        Arc::clone(&self.0).acquire_many_owned(kibibytes(request)).await.ok()
    }
}

/// What an answer takes in memory: the text, the bytes, and the pre-images made of them.
fn kibibytes(request: &Request) -> u32 {
    match request {
        Request::Header { .. }
        | Request::Code { .. }
        | Request::Node { .. }
        | Request::Precompile { .. }
        | Request::SlotClock => 64,
        Request::Account { .. }
        | Request::Slot { .. }
        | Request::Output { .. }
        | Request::BlockHash { .. } => 256,
        Request::Ancestors { .. } => 512,
        Request::Blob { .. } => 3 << 10,
        Request::Transactions { .. } | Request::Receipts { .. } => 12 << 10,
        // Larger ones are read one after another: see `transport::http`.
        Request::Payload { .. } | Request::Execution { .. } => 16 << 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test]
    async fn room_is_taken_and_given_back() {
        let budget = Budget::default();
        let witness = Request::Execution { number: 1 };
        let mut held = Vec::new();
        for _ in 0..TOTAL / kibibytes(&witness) {
            held.push(budget.reserve(&witness).await);
        }
        let more = timeout(Duration::from_millis(10), budget.reserve(&witness)).await;
        assert!(more.is_err(), "{} are too much", held.len() + 1);
        held.pop();
        assert!(budget.reserve(&witness).await.is_some());
    }
}
