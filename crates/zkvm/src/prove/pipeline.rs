//! Segments are recorded by one thread and proven by others.

use crate::{
    machine::Invalid,
    work_dir::{WorkDir, WorkDirError},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use super::NotProven;

/// Proves a segment.
pub(super) type Job<'a, T> = Box<dyn FnOnce() -> Result<T, NotProven> + Send + 'a>;

/// Hands jobs out.
pub(super) struct Start<'a, T> {
    jobs: mpsc::SyncSender<Job<'a, T>>,
    done: mpsc::Receiver<Result<T, NotProven>>,
    collect: Box<dyn FnMut(T) + 'a>,
}

impl<'a, T> Start<'a, T> {
    /// Waits until a worker takes a job. Returns the error of a job that has failed meanwhile.
    pub(super) fn job(&mut self, job: Job<'a, T>) -> Result<(), NotProven> {
        // All workers have ended only if one of them panicked, which the end of the scope reports.
        let _ = self.jobs.send(job);
        self.done.try_iter().try_for_each(|result| result.map(&mut self.collect))
    }
}

/// Lets `workers` threads do the jobs that `produce` hands out, and passes each result to `collect`. A job waits until a
/// worker takes it, so there are never more jobs than workers and one. Ends at the first error.
pub(super) fn run<'a, T: Send>(
    workers: NonZeroUsize,
    produce: impl FnOnce(&mut Start<'a, T>) -> Result<(), NotProven>,
    collect: impl FnMut(T) + 'a,
) -> Result<(), NotProven> {
    thread::scope(|scope| {
        let (jobs, queue) = mpsc::sync_channel::<Job<'a, T>>(0);
        let (results, done) = mpsc::channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..workers.get() {
            let (queue, results) = (queue.clone(), results.clone());
            scope.spawn(move || {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = next else { break };
                    if results.send(job()).is_err() {
                        break;
                    }
                }
            });
        }
        drop((queue, results));
        let mut start = Start { jobs, done, collect: Box::new(collect) };
        produce(&mut start)?;
        let Start { jobs, done, mut collect } = start;
        drop(jobs);
        done.iter().try_for_each(|result| result.map(&mut collect))
    })
}

/// Takes a segment's proof from a file of the work folder, if it is there, or else makes and keeps it. Verifies it in any case: a
/// prover must not hand out what a verifier refuses, and verifying costs little beside proving.
pub(super) fn load_or_prove<S, P>(
    folder: Option<&WorkDir>,
    name: &str,
    statement: &S,
    verify: impl Fn(&P) -> Result<(), Invalid>,
    prove: impl FnOnce() -> Result<P, NotProven>,
) -> Result<P, NotProven>
where
    S: PartialEq + Serialize + DeserializeOwned,
    P: Serialize + DeserializeOwned,
{
    let make = || {
        let proof = prove()?;
        verify(&proof).map_err(|invalid| NotProven::Invalid(name.to_owned(), invalid))?;
        Ok(proof)
    };
    let Some(folder) = folder else { return make() };
    let foreign = |reason: String| WorkDirError::Foreign(folder.file(name), reason);
    if let Some((found, proof)) = folder.load::<(S, P)>(name)? {
        if found != *statement {
            return Err(foreign("its statement is another one".to_owned()).into());
        }
        verify(&proof).map_err(|invalid| foreign(invalid.to_string()))?;
        return Ok(proof);
    }
    let proof = make()?;
    folder.store(name, &(statement, &proof))?;
    Ok(proof)
}
