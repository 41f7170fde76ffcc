//! A thread that compiles while the guest goes on in the interpreter.

use super::{compiler::Compiler, region::Region};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
    mpsc::{self, Receiver, Sender},
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
    jobs: Sender<Job>,
    done: Receiver<Done>,
    /// Jobs that are done and have not been taken.
    ready: Arc<AtomicUsize>,
}

impl Worker {
    /// None if there is no thread to be had.
    pub(super) fn start(mut compiler: Compiler, table: usize) -> Option<Self> {
        let (jobs, to_do) = mpsc::channel::<Job>();
        let (finished, done) = mpsc::channel();
        let ready = Arc::new(AtomicUsize::new(0));
        let count = ready.clone();
        let work = move || {
            while let Ok(job) = to_do.recv() {
                let code = compiler.region(&job.region, table);
                if finished.send(Done { job, code }).is_err() {
                    return;
                }
                count.fetch_add(1, Ordering::Release);
            }
        };
        std::thread::Builder::new().name("vm-compiler".into()).spawn(work).ok()?;
        Some(Self { jobs, done, ready })
    }

    /// Hands a job over.
    pub(super) fn submit(&self, job: Job) {
        // A thread that is gone compiles nothing: the interpreter goes on.
        drop(self.jobs.send(job));
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
