//! Checks on another thread, while the program goes on with the values that it was given.

use alloy_primitives::Bytes;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{Builder, JoinHandle, available_parallelism},
};
use tribunal_preimage::{
    ELEMENTS_PER_BLOB, PreimageKey, PreimageKeyType, PreimageOracleError, PreimageOracleResult,
};

use crate::verified::Verified;

/// Jobs that are handed over together. Waking a thread costs microseconds, checking a pre-image about one.
const BATCH: usize = 128;

/// Elements that wait at most for a check: sixteen blobs.
const MOST_ELEMENTS: usize = 16 * ELEMENTS_PER_BLOB;

/// A value that was served and has to be checked.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) key: PreimageKey,
    pub(crate) value: Bytes,
    pub(crate) call: Option<Vec<u8>>,
}

/// A thread that checks values after they were served.
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
    /// Starts the thread.
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

    /// Queues a value for the thread. After [`Checker::settle`] the thread has ended, and the job comes back unchecked.
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
            // A thread that ended has left its failure.
            let _ = sender.send(batch);
        }
    }
}

/// Checks hashes as they come. Elements of blobs wait until the program goes on to something else, and are then checked
/// together: several blobs cost little more than one.
fn work(verified: &Verified, jobs: &Receiver<Vec<Job>>) -> PreimageOracleResult<()> {
    let pool = spare_threads()?;
    let mut elements = Vec::new();
    for batch in jobs {
        let waiting = elements.len();
        {
            let _span = tracing::debug_span!("verify: hashes (aside)").entered();
            for Job { key, value, call } in batch {
                match key.key_type() {
                    PreimageKeyType::Blob => elements.push((key, value)),
                    _ => verified.check(key, &value, call.as_deref())?,
                }
            }
        }
        if elements.len() == waiting || elements.len() >= MOST_ELEMENTS {
            check_elements(verified, &pool, &mut elements)?;
        }
    }
    check_elements(verified, &pool, &mut elements)
}

fn check_elements(
    verified: &Verified,
    pool: &ThreadPool,
    elements: &mut Vec<(PreimageKey, Bytes)>,
) -> PreimageOracleResult<()> {
    if elements.is_empty() {
        return Ok(());
    }
    let _span = tracing::debug_span!("verify: blobs (aside)").entered();
    let values: Vec<(PreimageKey, &[u8])> =
        elements.iter().map(|(key, value)| (*key, value.as_ref())).collect();
    pool.install(|| verified.check_elements(&values))?;
    elements.clear();
    Ok(())
}

/// A pool with a thread for each core but one, on which the program runs. A thread more would share this core and slow
/// the program down.
pub(crate) fn spare_threads() -> PreimageOracleResult<ThreadPool> {
    let cores = available_parallelism().map_or(1, usize::from);
    ThreadPoolBuilder::new()
        .num_threads(cores.saturating_sub(1).max(1))
        .build()
        .map_err(|error| PreimageOracleError::Other(format!("cannot start threads: {error}")))
}
