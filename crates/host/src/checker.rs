//! Checks on another thread, while the program goes on with what it was given.

use alloy_primitives::Bytes;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{Builder, JoinHandle, available_parallelism},
};
use tribunal_preimage::{PreimageKey, PreimageOracleError, PreimageOracleResult};

use crate::verified::Verified;

/// Jobs that are handed over together. Waking a thread costs microseconds, checking a pre-image about one.
const BATCH: usize = 128;

/// A value that was given out and has to be checked.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) key: PreimageKey,
    pub(crate) value: Bytes,
    pub(crate) call: Option<Vec<u8>>,
}

/// A thread that checks values after they were given out.
#[derive(Debug)]
pub(crate) struct Checker {
    state: Mutex<State>,
    failure: Arc<OnceLock<PreimageOracleError>>,
}

#[derive(Debug)]
struct State {
    pending: Vec<Job>,
    /// The way to the thread and the thread; none once it was waited for.
    worker: Option<(Sender<Vec<Job>>, JoinHandle<()>)>,
}

impl Checker {
    /// Starts the thread. It begins with the blobs, which take longest.
    ///
    /// # Errors
    /// When the operating system gives us no thread.
    pub(crate) fn start(verified: Arc<Verified>) -> PreimageOracleResult<Self> {
        let failure = Arc::new(OnceLock::new());
        let (sender, jobs) = channel();
        let worker = Builder::new()
            .name("checker".into())
            .spawn({
                let failure = failure.clone();
                move || {
                    if let Err(error) = work(&verified, &jobs) {
                        // The first failure stands.
                        let _ = failure.set(error);
                    }
                }
            })
            .map_err(|error| PreimageOracleError::Other(format!("cannot start a thread: {error}")))?;
        let state = State { pending: Vec::with_capacity(BATCH), worker: Some((sender, worker)) };
        Ok(Self { state: Mutex::new(state), failure })
    }

    /// Has a value checked, sooner or later. Returns the job if the thread was waited for already.
    ///
    /// # Errors
    /// The failure of any check until now.
    pub(crate) fn submit(&self, job: Job) -> PreimageOracleResult<Option<Job>> {
        self.failure()?;
        let mut state = self.lock();
        if state.worker.is_none() {
            return Ok(Some(job));
        }
        state.pending.push(job);
        if state.pending.len() >= BATCH {
            state.hand_over();
        }
        Ok(None)
    }

    /// Waits until all that was submitted has been checked.
    ///
    /// # Errors
    /// The failure of any check.
    pub(crate) fn settle(&self) -> PreimageOracleResult<()> {
        let mut state = self.lock();
        state.hand_over();
        let worker = state.worker.take();
        drop(state);
        if let Some((sender, worker)) = worker {
            drop(sender);
            worker.join().map_err(|_| PreimageOracleError::Other("the checks did not finish".into()))?;
        }
        self.failure()
    }

    fn failure(&self) -> PreimageOracleResult<()> {
        self.failure.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hand_over(&mut self) {
        let batch = std::mem::replace(&mut self.pending, Vec::with_capacity(BATCH));
        if let Some((sender, _)) = &self.worker {
            // A thread that is gone has left its failure.
            let _ = sender.send(batch);
        }
    }
}

fn work(verified: &Verified, jobs: &Receiver<Vec<Job>>) -> PreimageOracleResult<()> {
    tracing::debug_span!("verify: blobs (aside)")
        .in_scope(|| spare_threads()?.install(|| verified.check_new_blobs()))?;
    for batch in jobs {
        let _span = tracing::debug_span!("verify: hashes (aside)").entered();
        for Job { key, value, call } in batch {
            verified.check(key, &value, call.as_deref())?;
        }
    }
    Ok(())
}

/// Threads for all cores but the one that the program runs on. With one more it would have to share its core, and it is
/// the program that everybody waits for.
fn spare_threads() -> PreimageOracleResult<ThreadPool> {
    let cores = available_parallelism().map_or(1, usize::from);
    ThreadPoolBuilder::new()
        .num_threads(cores.saturating_sub(1).max(1))
        .build()
        .map_err(|error| PreimageOracleError::Other(format!("cannot start threads: {error}")))
}
