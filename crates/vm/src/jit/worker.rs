//! A background thread that compiles while the guest runs on in the interpreter.

use super::{compiler::Compiler, region::Region};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc::{self, Receiver},
};

/// A region to compile.
pub(super) struct CompileJob {
    /// Where the region begins.
    pub(super) head: u64,
    pub(super) region: Region,
    /// The epoch in which the region was selected, see [`super::Jit`].
    pub(super) epoch: u64,
}

/// The outcome of a job.
pub(super) struct Compiled {
    pub(super) job: CompileJob,
    /// The machine code; none if the compiler refused.
    pub(super) code: Option<Vec<u8>>,
}

/// A handle to the thread, which ends when the handle is dropped.
pub(super) struct Worker {
    queue: Arc<Queue>,
    done: Receiver<Compiled>,
    /// Results that wait in `done`. Reading a number is cheaper than asking a channel.
    ready: Arc<AtomicUsize>,
}

/// The jobs that wait.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// Each with the number of requests for it.
    jobs: Vec<(CompileJob, u32)>,
    closed: bool,
}

impl Queue {
    /// Locks the queue. A panic of the other thread while it holds the lock does no harm: each change of the queue is
    /// one statement.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a job, and takes the one with the most requests, the oldest among equals. `None` when the queue is closed.
    fn take(&self) -> Option<CompileJob> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            let most = waiting.jobs.iter().map(|(_, requests)| *requests).max();
            if let Some(place) = waiting.jobs.iter().position(|(_, requests)| Some(*requests) == most) {
                return Some(waiting.jobs.remove(place).0);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Worker {
    /// Starts the thread; `None` if the system refuses. `table` is the address of the table of [`super::links::Links`].
    pub(super) fn start(mut compiler: Compiler, table: usize) -> Option<Self> {
        let queue = Arc::new(Queue::default());
        let (finished, done) = mpsc::channel();
        let ready = Arc::new(AtomicUsize::new(0));
        let (jobs, count) = (queue.clone(), ready.clone());
        let work = move || {
            while let Some(job) = jobs.take() {
                let code = compiler.region(&job.region, table);
                if finished.send(Compiled { job, code }).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("vm-compiler".into()).spawn(work).ok()?;
        Some(Self { queue, done, ready })
    }

    /// Queues a job.
    pub(super) fn submit(&self, job: CompileJob) {
        self.queue.lock().jobs.push((job, 1));
        self.queue.changed.notify_one();
    }

    /// Counts one more request for the region that begins at `head`, so that it is compiled earlier.
    pub(super) fn reprioritise(&self, head: u64) {
        if let Some((_, requests)) = self.queue.lock().jobs.iter_mut().find(|(job, _)| job.head == head) {
            *requests += 1;
        }
    }

    /// A result, if there is one.
    #[inline]
    pub(super) fn take(&self) -> Option<Compiled> {
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
