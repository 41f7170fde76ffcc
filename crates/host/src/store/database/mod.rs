//! A store in a redb database.

mod file;
mod holder;
#[cfg(test)]
mod tests;

use alloy_primitives::Bytes;
use redb::{
    Builder, ConcurrencyMode, Database, ReadOnlyDatabase, ReadOnlyTable, ReadableDatabase, ReadableTable,
    TableDefinition,
};
use std::{
    fmt,
    fs::File,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

use self::{file::PatientFile, holder::Holder};
use super::{PreimageStore, arena::storable_key, record_digest, refuse_local};
use crate::error::{HostError, HostResult};

type Records = TableDefinition<'static, &'static [u8; 32], &'static [u8]>;
type Vouched = TableDefinition<'static, &'static [u8; 32], &'static [u8; 32]>;

const RECORDS: Records = TableDefinition::new("preimages");

/// Key to the checksum under which the record was verified.
const VOUCHED: Vouched = TableDefinition::new("vouched");

/// Memory for pages, in bytes. Every pre-image is read once or twice, so more would be wasted.
const CACHE: usize = 64 << 20;

/// Records per transaction of [`PreimageStore::put_all`]: bounds what a transaction holds in memory, and for how long
/// other writers wait.
const BATCH: usize = 50_000;

/// Pre-images in a redb database: survives a crash at any moment, and grows without being rewritten.
///
/// Any number of processes may read and write it at the same time. A reader takes no write lock and needs no write
/// permission. A writer waits for the one before it, up to a time-out.
pub struct DatabaseStore {
    path: PathBuf,
    lock_timeout: Duration,
    reader: ReadOnlyDatabase,
    /// The tables at the time of the last refresh. Reads take no file locks as long as they find what they look for.
    snapshot: RwLock<Arc<Snapshot>>,
    /// Opened by the first write.
    writer: Mutex<Option<Writer>>,
}

struct Writer {
    database: Database,
    holder: Holder,
}

/// The tables of one read transaction.
struct Snapshot {
    records: ReadOnlyTable<&'static [u8; 32], &'static [u8]>,
    vouched: ReadOnlyTable<&'static [u8; 32], &'static [u8; 32]>,
}

impl fmt::Debug for DatabaseStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseStore").field("path", &self.path).finish_non_exhaustive()
    }
}

impl DatabaseStore {
    /// Opens the database in the file `path`. Nothing is written, unless a process died while it wrote: then the database
    /// is repaired.
    ///
    /// # Errors
    /// [`HostError::Database`] if the file is no database of pre-images, is damaged, needs repair and cannot be written,
    /// or lies on a file system without range locks; [`HostError::Locked`] if another process holds it for longer than
    /// `lock_timeout`.
    pub fn open(path: impl Into<PathBuf>, lock_timeout: Duration) -> HostResult<Self> {
        let path = path.into();
        let reader = match open_reader(&path, lock_timeout) {
            Err(redb::Error::RepairAborted) => {
                guarded(&path, lock_timeout, || repair(&path, lock_timeout))?;
                guarded(&path, lock_timeout, || open_reader(&path, lock_timeout))?
            }
            other => guarded(&path, lock_timeout, || other)?,
        };
        let snapshot = guarded(&path, lock_timeout, || take_snapshot(&reader))?;
        let snapshot = RwLock::new(Arc::new(snapshot));
        Ok(Self { path, lock_timeout, reader, snapshot, writer: Mutex::default() })
    }

    /// Makes an empty database in the empty file `path`.
    pub(super) fn make(path: &Path, lock_timeout: Duration) -> HostResult<Self> {
        guarded(path, lock_timeout, || {
            let database = open_writer(path, lock_timeout)?;
            let transaction = database.begin_write()?;
            transaction.open_table(RECORDS)?;
            transaction.open_table(VOUCHED)?;
            transaction.commit()?;
            Ok(database.close()?)
        })?;
        Self::open(path, lock_timeout)
    }

    fn guarded<T>(&self, work: impl FnOnce() -> Result<T, redb::Error>) -> HostResult<T> {
        guarded(&self.path, self.lock_timeout, work)
    }

    /// Looks for something in the last snapshot, and if it is not there, in a new one.
    fn look<T>(&self, find: impl Fn(&Snapshot) -> Result<Option<T>, redb::Error>) -> HostResult<Option<T>> {
        self.guarded(|| {
            let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone();
            match find(&snapshot)? {
                Some(found) => Ok(Some(found)),
                None => find(&*self.refresh()?),
            }
        })
    }

    fn refresh(&self) -> Result<Arc<Snapshot>, redb::Error> {
        let fresh = Arc::new(take_snapshot(&self.reader)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = fresh.clone();
        Ok(fresh)
    }

    /// The keys from `first` on for which `within` holds.
    fn keys_from(
        &self,
        first: [u8; 32],
        within: impl Fn(&PreimageKey) -> bool,
    ) -> HostResult<Vec<PreimageKey>> {
        self.guarded(|| {
            let snapshot = self.refresh()?;
            let mut keys = Vec::new();
            for entry in snapshot.records.range::<&[u8; 32]>(&first..)? {
                match storable_key(*entry?.0.value()) {
                    Some(key) if within(&key) => keys.push(key),
                    _ => break,
                }
            }
            Ok(keys)
        })
    }

    /// Makes one write transaction.
    fn write(&self, work: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>) -> HostResult<()> {
        let mut place = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.guarded(|| {
            let writer = match &mut *place {
                Some(writer) => writer,
                none => none.insert(Writer {
                    database: open_writer(&self.path, self.lock_timeout)?,
                    holder: Holder::of(&self.path),
                }),
            };
            let transaction = writer.database.begin_write()?;
            writer.holder.announce();
            work(&transaction)?;
            transaction.commit()?;
            self.refresh()?;
            Ok(())
        });
        if written.is_err() {
            // redb refuses to go on after a failure of the disk; the next write opens the database again.
            *place = None;
        }
        written
    }
}

impl PreimageStore for DatabaseStore {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        self.look(|snapshot| {
            let value = snapshot.records.get(key.as_bytes())?;
            Ok(value.map(|value| Bytes::copy_from_slice(value.value())))
        })
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        let mut records = records.peekable();
        while records.peek().is_some() {
            let batch: Vec<_> = records.by_ref().take(BATCH).collect();
            batch.iter().try_for_each(|(key, _)| refuse_local(*key))?;
            self.write(|transaction| {
                let mut table = transaction.open_table(RECORDS)?;
                for (key, value) in &batch {
                    table.insert(key.as_bytes(), value.as_ref())?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        self.keys_from([0; 32], |_| true)
    }

    fn keys_of(&self, key_type: PreimageKeyType) -> HostResult<Vec<PreimageKey>> {
        let first = PreimageKey::new([0; 32], key_type);
        self.keys_from(first.into(), |key| key.key_type() == key_type)
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        self.guarded(|| {
            let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone();
            let digest = snapshot.vouched.get(key.as_bytes())?;
            Ok(digest.is_some_and(|digest| *digest.value() == record_digest(key, value)))
        })
    }

    fn vouch(&self, keys: &[PreimageKey]) -> HostResult<()> {
        self.write(|transaction| {
            let records = transaction.open_table(RECORDS)?;
            let mut vouched = transaction.open_table(VOUCHED)?;
            for key in keys {
                if let Some(value) = records.get(key.as_bytes())? {
                    vouched.insert(key.as_bytes(), &record_digest(*key, value.value()))?;
                }
            }
            Ok(())
        })
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE).set_concurrency_mode(ConcurrencyMode::MultiWriter);
    builder
}

fn open_reader(path: &Path, lock_timeout: Duration) -> Result<ReadOnlyDatabase, redb::Error> {
    let file = PatientFile::new(File::open(path)?, lock_timeout)?;
    Ok(builder().open_read_only_with_backend(file)?)
}

fn open_writer(path: &Path, lock_timeout: Duration) -> Result<Database, redb::Error> {
    let file = File::options().read(true).write(true).open(path)?;
    Ok(builder().create_with_backend(PatientFile::new(file, lock_timeout)?)?)
}

/// Opening for writing repairs what a process that died left behind.
fn repair(path: &Path, lock_timeout: Duration) -> Result<(), redb::Error> {
    tracing::warn!(path = %path.display(), "a process died while it wrote to this database; it is being repaired");
    match open_writer(path, lock_timeout) {
        Ok(database) => Ok(database.close()?),
        Err(redb::Error::Io(error)) if is_permission(&error) => Err(redb::Error::RepairAborted),
        Err(error) => Err(error),
    }
}

fn take_snapshot(reader: &ReadOnlyDatabase) -> Result<Snapshot, redb::Error> {
    let transaction = reader.begin_read()?;
    Ok(Snapshot { records: transaction.open_table(RECORDS)?, vouched: transaction.open_table(VOUCHED)? })
}

fn is_permission(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Does `work` and turns its failure into ours. redb panics on some kinds of damage; that is the file's fault and must
/// not look like ours.
fn guarded<T>(
    path: &Path,
    lock_timeout: Duration,
    work: impl FnOnce() -> Result<T, redb::Error>,
) -> HostResult<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| failure(path, lock_timeout, error)),
        Err(_) => Err(HostError::Database { path: path.into(), reason: "the database is damaged".into() }),
    }
}

fn failure(path: &Path, lock_timeout: Duration, error: redb::Error) -> HostError {
    use redb::Error::{
        DatabaseAlreadyOpen, Io, LockProtocolMismatch, RepairAborted, TableDoesNotExist, Unsupported,
    };
    let reason = match error {
        Io(error) if file::is_timeout(&error) => {
            let (seconds, holder) = (lock_timeout.as_secs(), Holder::read(path));
            return HostError::Locked { path: path.into(), seconds, holder };
        }
        Io(error) => return HostError::io(path)(error),
        DatabaseAlreadyOpen => "another program has it open for itself alone".into(),
        LockProtocolMismatch => "a program with another version of redb has it open".into(),
        RepairAborted => {
            "a process died while it wrote to this database, and it cannot be repaired without write permission: \
             open it once with a user that may write"
                .into()
        }
        Unsupported => "its file system has no locks on parts of a file: use a folder as store, which needs none".into(),
        TableDoesNotExist(table) => format!("is a redb database, but has no table {table:?} of pre-images"),
        error => error.to_string(),
    };
    HostError::Database { path: path.into(), reason }
}
