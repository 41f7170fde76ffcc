//! Requests that are made before the program asks.

use std::sync::Arc;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc},
};
use tribunal_host::SourceHandle;

use super::{Turn, in_flight::Ticket, plan};
use crate::{
    nodes::Shared,
    routes::{Fetch, Goal, Request},
};

/// Hints that wait to be looked at. More are dropped, because the program must not wait for them.
const MOST_WAITING: usize = 256;

/// A queue of hints, and the task that follows them.
#[derive(Debug)]
pub(crate) struct Ahead(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    what: What,
    handle: SourceHandle,
}

#[derive(Debug)]
enum What {
    /// The program announced this.
    Hint(Request),
    /// This came, ahead of the program.
    Answer(Request),
    /// The store did not have what the program asked for, for the first time.
    FirstMissed,
}

impl Ahead {
    /// Starts the task, which ends with the queue.
    pub(crate) fn start(shared: &Arc<Shared>, runtime: &Handle) -> Self {
        let (queue, jobs) = mpsc::channel(MOST_WAITING);
        // A weak sender: the task itself must not keep the queue open.
        runtime.spawn(follow(Arc::clone(shared), jobs, queue.downgrade()));
        Self(queue)
    }

    /// Takes note of a hint, if there is room. Returns at once.
    pub(crate) fn hint(&self, request: Request, handle: &SourceHandle) -> bool {
        self.0.try_send(Job { what: What::Hint(request), handle: handle.clone() }).is_ok()
    }

    /// Begins to read ahead, if there is room for that. Returns at once.
    pub(crate) fn first_missed(&self, handle: &SourceHandle) {
        let _ = self.0.try_send(Job { what: What::FirstMissed, handle: handle.clone() });
    }
}

async fn follow(shared: Arc<Shared>, mut jobs: mpsc::Receiver<Job>, queue: mpsc::WeakSender<Job>) {
    while let Some(Job { what, handle }) = jobs.recv().await {
        let requests = match what {
            What::Hint(request) => plan::after_hint(&mut shared.memory.lock(), &request),
            What::Answer(request) => plan::after_answer(&shared.memory.lock(), &request),
            What::FirstMissed => plan::at_the_start(&shared.memory.lock()),
        };
        for request in requests {
            if handle.is_cancelled()
                || is_under_way(&shared, &request)
                || is_there(&shared, &request, &handle)
            {
                continue;
            }
            // While there is no room, hints are dropped rather than followed late.
            let Some(room) = shared.budget.reserve(&request).await else { continue };
            // At once, so that the program waits for it rather than asks too.
            let Turn::Mine(ticket) = shared.in_flight.enter(&request) else { continue };
            let shared = Arc::clone(&shared);
            tokio::spawn(read(shared, request, handle.clone(), queue.clone(), (ticket, room)));
        }
    }
}

/// Whether the request is made already. Of headers, one run is read at a time: the next begins where it ends.
fn is_under_way(shared: &Shared, request: &Request) -> bool {
    let is_run = |request: &Request| matches!(request, Request::Ancestors { .. });
    shared.in_flight.find(|other| other == request || (is_run(other) && is_run(request))).is_some()
}

/// Whether the store has what the request is for. Only a guess, which spares a request.
fn is_there(shared: &Shared, request: &Request, handle: &SourceHandle) -> bool {
    let key = shared.memory.lock().main_key(request);
    match key {
        Some(key) => tokio::task::block_in_place(|| handle.has(key)),
        None => shared.came(request),
    }
}

async fn read(
    shared: Arc<Shared>,
    request: Request,
    handle: SourceHandle,
    queue: mpsc::WeakSender<Job>,
    held: (Ticket, OwnedSemaphorePermit),
) {
    let result = Fetch { shared: &shared, request: &request, goal: Goal::Ahead, handle: &handle }.run().await;
    drop(held);
    match result {
        Ok(()) => {
            shared.tally.read_ahead(request.clone());
            if let Some(queue) = queue.upgrade() {
                // If it is full, there is enough to do.
                let _ = queue.try_send(Job { what: What::Answer(request), handle });
            }
        }
        Err(error) => {
            tracing::debug!(?request, %error, "not read ahead");
            if matches!(request, Request::Execution { .. } | Request::Payload { .. }) {
                shared.memory.lock().learn_no_witness();
            }
        }
    }
}
