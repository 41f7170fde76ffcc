//! A background thread that compiles regions. Meanwhile, the guest runs on, in the interpreter and in compiled code.

use super::{compiler::Compiler, region::Region};
use std::sync::{
    Arc, Condvar, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc::{self, Receiver},
};

/// A region to compile.
pub(super) struct CompileJob {
    /// The guest address of the region's first instruction.
    pub(super) head: u64,
    pub(super) region: Region,
    /// The epoch in which the region was selected, see [`super::Jit`].
    pub(super) epoch: u64,
}

/// The result of a job.
pub(super) struct Compiled {
    pub(super) job: CompileJob,
    /// The machine code. `None` if the compiler refused the region.
    pub(super) code: Option<Vec<u8>>,
}

/// A handle to the thread. When the handle is dropped, the thread ends after its current job.
pub(super) struct Worker {
    queue: Arc<Queue>,
    results: Receiver<Compiled>,
    /// How many results wait in `results`. Reading this is cheaper than asking an empty channel.
    result_count: Arc<AtomicUsize>,
}

/// The queue of jobs that the thread has not taken yet.
#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    /// Notified when a job is added or the queue is closed.
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    /// The jobs, oldest first, each with the number of requests for it.
    jobs: Vec<(CompileJob, u32)>,
    /// Whether the handle was dropped.
    closed: bool,
}

impl Queue {
    /// Locks the queue, even if a thread has panicked while it held the lock: each change of the queue is one
    /// statement, so the queue is consistent.
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until there is a job, then removes and returns the one with the most requests. If several have equally
    /// many, takes the oldest of them. Returns `None` when the queue is closed.
    fn next_job(&self) -> Option<CompileJob> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let most = state.jobs.iter().map(|(_, requests)| *requests).max();
            if let Some(index) = state.jobs.iter().position(|(_, requests)| Some(*requests) == most) {
                return Some(state.jobs.remove(index).0);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Worker {
    /// Starts the thread. Returns `None` if the system refuses it. `link_table` is the host address of the link table,
    /// see [`super::links`].
    pub(super) fn start(mut compiler: Compiler, link_table: usize) -> Option<Self> {
        let queue = Arc::new(Queue::default());
        let (sender, results) = mpsc::channel();
        let result_count = Arc::new(AtomicUsize::new(0));
        let (jobs, count) = (queue.clone(), result_count.clone());
        let work = move || {
            while let Some(job) = jobs.next_job() {
                let code = compiler.compile_region(&job.region, link_table);
                if sender.send(Compiled { job, code }).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("vm-compiler".into()).spawn(work).ok()?;
        Some(Self { queue, results, result_count })
    }

    /// Queues a job.
    pub(super) fn submit(&self, job: CompileJob) {
        self.queue.lock().jobs.push((job, 1));
        self.queue.changed.notify_one();
    }

    /// If the region that begins at `head` is still queued, counts one more request for it, so that it is compiled
    /// earlier.
    pub(super) fn prioritise(&self, head: u64) {
        if let Some((_, requests)) = self.queue.lock().jobs.iter_mut().find(|(job, _)| job.head == head) {
            *requests += 1;
        }
    }

    /// The next result, if there is one. Does not wait.
    #[inline]
    pub(super) fn take_result(&self) -> Option<Compiled> {
        if self.result_count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let result = self.results.try_recv().ok()?;
        self.result_count.fetch_sub(1, Ordering::Relaxed);
        Some(result)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_one();
    }
}
