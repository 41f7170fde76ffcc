//! The requests that are under way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::routes::Request;

/// How often a wait looks whether it was cancelled.
const TICK: Duration = Duration::from_millis(20);

/// Requests under way, each with what tells its end. Clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlight(Arc<Mutex<HashMap<Request, watch::Receiver<()>>>>);

/// Who makes a request.
#[derive(Debug)]
pub(crate) enum Turn {
    /// The caller. Others wait until the ticket is dropped.
    Mine(Ticket),
    /// Another, who is at it.
    Others(Done),
}

/// The right to make a request.
#[derive(Debug)]
pub(crate) struct Ticket {
    in_flight: InFlight,
    request: Request,
    /// Its end tells the others.
    _done: watch::Sender<()>,
}

/// The end of a request that another makes.
#[derive(Debug)]
pub(crate) struct Done(watch::Receiver<()>);

impl InFlight {
    /// Takes the turn to make a request, if it is free.
    pub(crate) fn enter(&self, request: &Request) -> Turn {
        let mut requests = self.lock();
        if let Some(done) = requests.get(request) {
            return Turn::Others(Done(done.clone()));
        }
        let (sender, receiver) = watch::channel(());
        requests.insert(request.clone(), receiver);
        Turn::Mine(Ticket { in_flight: self.clone(), request: request.clone(), _done: sender })
    }

    /// A request under way that `wanted` is true for, and its end. Of several witnesses, that of the first block.
    pub(crate) fn find(&self, wanted: impl Fn(&Request) -> bool) -> Option<(Request, Done)> {
        let requests = self.lock();
        let wanted = requests.iter().filter(|(request, _)| wanted(request));
        let (request, done) = wanted.min_by_key(|(request, _)| match request {
            Request::Execution { number } => Some(*number),
            _ => None,
        })?;
        Some((request.clone(), Done(done.clone())))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Request, watch::Receiver<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.in_flight.lock().remove(&self.request);
    }
}

impl Done {
    /// Waits for the end, up to `patience`. Says whether it came.
    pub(crate) async fn wait(mut self, patience: Duration, cancelled: &(dyn Fn() -> bool + Sync)) -> bool {
        let start = Instant::now();
        // Nothing is ever sent, so the channel changes only when it ends.
        while timeout(TICK, self.0.changed()).await.is_err() {
            if cancelled() || start.elapsed() >= patience {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::B256;

    const REQUEST: Request = Request::Code { hash: B256::ZERO };

    #[test]
    fn the_witness_of_the_first_block_is_found() {
        let in_flight = InFlight::default();
        let requests = [7, 5, 6].map(|number| Request::Execution { number });
        let _tickets = requests.each_ref().map(|request| in_flight.enter(request));
        let is_witness = |request: &Request| matches!(request, Request::Execution { .. });
        assert_eq!(in_flight.find(is_witness).unwrap().0, requests[1]);
    }

    #[tokio::test]
    async fn the_second_waits_for_the_first() {
        let in_flight = InFlight::default();
        let Turn::Mine(ticket) = in_flight.enter(&REQUEST) else { panic!("it is free") };
        let Turn::Others(done) = in_flight.enter(&REQUEST) else { panic!("another is at it") };
        assert!(!done.wait(Duration::ZERO, &|| false).await);
        let Turn::Others(done) = in_flight.enter(&REQUEST) else { panic!("another is at it") };
        assert!(!done.wait(Duration::MAX, &|| true).await);
        let (_, done) = in_flight.find(|request| *request == REQUEST).unwrap();
        let waiting = tokio::spawn(async move { done.wait(Duration::MAX, &|| false).await });
        drop(ticket);
        assert!(waiting.await.unwrap());
        assert!(in_flight.find(|_| true).is_none());
        assert!(matches!(in_flight.enter(&REQUEST), Turn::Mine(_)));
    }
}
