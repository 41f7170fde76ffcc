//! A thread that compiles while the guest goes on in the interpreter.

use super::{compiler::Compiler, region::Region};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc::{self, Receiver},
};

/// A region to compile.
pub(super) struct Job {
    /// Where the region begins.
    pub(super) head: u64,
    pub(super) region: Region,
    /// How often code had been forgotten when the region was selected.
    pub(super) epoch: u64,
}

/// A job done.
pub(super) struct Done {
    pub(super) job: Job,
    /// The code; none if it could not be made.
    pub(super) code: Option<Vec<u8>>,
}

/// The thread, as its machine sees it. It ends when the machine is gone.
pub(super) struct Worker {
    queue: Arc<Queue>,
    done: Receiver<Done>,
    /// Jobs that are done and have not been taken.
    ready: Arc<AtomicUsize>,
}

/// Jobs that wait, and whether there will be more.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Each with how often it was asked for.
    jobs: Vec<(Job, u32)>,
    closed: bool,
}

impl Queue {
    /// The queue, also if a thread that held it has panicked: it is whole between any two statements.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a job, and takes the one that was asked for most, the oldest among equals. None when there will be no
    /// more.
    fn take(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            let most = waiting.jobs.iter().map(|(_, asked)| *asked).max();
            if let Some(place) = waiting.jobs.iter().position(|(_, asked)| Some(*asked) == most) {
                return Some(waiting.jobs.remove(place).0);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Worker {
    /// None if there is no thread to be had.
    pub(super) fn start(mut compiler: Compiler, table: usize) -> Option<Self> {
        let queue = Arc::new(Queue::default());
        let (finished, done) = mpsc::channel();
        let ready = Arc::new(AtomicUsize::new(0));
        let (jobs, count) = (queue.clone(), ready.clone());
        let work = move || {
            while let Some(job) = jobs.take() {
                let code = compiler.region(&job.region, table);
                if finished.send(Done { job, code }).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("vm-compiler".into()).spawn(work).ok()?;
        Some(Self { queue, done, ready })
    }

    /// Hands a job over.
    pub(super) fn submit(&self, job: Job) {
        self.queue.lock().jobs.push((job, 1));
        self.queue.changed.notify_one();
    }

    /// Asks once more for the region that begins at `head`.
    pub(super) fn urge(&self, head: u64) {
        if let Some((_, asked)) = self.queue.lock().jobs.iter_mut().find(|(job, _)| job.head == head) {
            *asked += 1;
        }
    }

    /// A job that is done, if there is one.
    #[inline]
    pub(super) fn take(&self) -> Option<Done> {
        if self.ready.load(Ordering::Acquire) == 0 {
            return None;
        }
        let done = self.done.try_recv().ok()?;
        self.ready.fetch_sub(1, Ordering::Relaxed);
        Some(done)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_one();
    }
}
