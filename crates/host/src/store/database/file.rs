//! A database file that waits for its locks, up to a time-out.

use redb::{BackendError, StorageBackend, backends::FileBackend};
use std::{
    error::Error,
    fmt,
    fs::File,
    io,
    ops::Bound,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::super::waiting;

/// How long to wait, at the least, for a lock that others hold only during a few system calls.
const MOMENT: Duration = Duration::from_secs(1);

/// redb's own file, except that it waits for a lock only up to the time-out.
#[derive(Debug)]
pub(super) struct PatientFile {
    file: FileBackend,
    patience: Patience,
}

/// How long to wait for a lock. It can be changed while the file is open.
#[derive(Debug, Clone)]
pub(super) struct Patience(Arc<Mutex<Duration>>);

impl Patience {
    pub(super) fn new(lock_timeout: Duration) -> Self {
        Self(Arc::new(Mutex::new(lock_timeout)))
    }

    pub(super) fn set(&self, lock_timeout: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = lock_timeout;
    }

    fn get(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of a lock whose wait timed out.
#[derive(Debug)]
struct Timeout;

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another process holds the lock")
    }
}

impl Error for Timeout {}

/// Whether this is the error of a lock whose wait timed out.
pub(super) fn is_timeout(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Timeout>())
}

impl PatientFile {
    pub(super) fn new(file: File, patience: Patience) -> Result<Self, redb::DatabaseError> {
        Ok(Self { file: FileBackend::new(file)?, patience })
    }
}

/// Repeats `attempt` until it takes the lock, for up to `lock_timeout`.
pub(super) fn wait(
    lock_timeout: Duration,
    mut attempt: impl FnMut() -> Result<bool, BackendError>,
) -> Result<(), BackendError> {
    match waiting::until(lock_timeout, || Ok::<_, BackendError>(attempt()?.then_some(())))? {
        Some(()) => Ok(()),
        None => Err(io::Error::new(io::ErrorKind::TimedOut, Timeout).into()),
    }
}

impl StorageBackend for PatientFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        wait(self.patience.get(), || self.file.try_lock_range(start, end))
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        // Only the header is locked in this way, and never for long.
        wait(self.patience.get().max(MOMENT), || self.file.try_lock_shared_range(start, end))
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
