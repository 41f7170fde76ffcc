//! A store in a redb database.

mod damage;
mod file;
mod holder;
mod overlay;
#[cfg(test)]
mod tests;

use alloy_primitives::Bytes;
use redb::{
    Builder, ConcurrencyMode, Database, ReadOnlyDatabase, ReadOnlyTable, ReadableDatabase, TableDefinition,
};
use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

use self::{
    damage::guarded,
    file::{Patience, PatientFile},
    holder::Holder,
    overlay::Overlay,
};
use super::{PreimageStore, Voucher, arena::storable_key, record_digest, refuse_local, waiting::BRIEFLY};
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
    patience: Patience,
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
    /// Opens the database in the file `path`. Nothing is written, unless the last writer did not finish (it was killed, or
    /// the disk was full): then the database is repaired. A process that cannot repair it reads a repaired copy of the
    /// damaged pages, and keeps writers out as long as it has the store open.
    ///
    /// # Errors
    /// [`HostError::Database`] if the file is no database of pre-images, is damaged, or lies on a file system without range
    /// locks; [`HostError::Locked`] if another process holds it for longer than `lock_timeout`.
    pub fn open(path: impl Into<PathBuf>, lock_timeout: Duration) -> HostResult<Self> {
        let path = path.into();
        let (reader, snapshot) = guarded(&path, lock_timeout, || {
            let reader = match open_reader(&path, lock_timeout) {
                Err(redb::Error::RepairAborted) => recover(&path, lock_timeout)?,
                other => other?,
            };
            let snapshot = take_snapshot(&reader)?;
            Ok((reader, snapshot))
        })?;
        let snapshot = RwLock::new(Arc::new(snapshot));
        Ok(Self { path, lock_timeout, reader, snapshot, writer: Mutex::default() })
    }

    /// Makes an empty database in the empty file `path`.
    pub(super) fn make(path: &Path, lock_timeout: Duration) -> HostResult<Self> {
        guarded(path, lock_timeout, || {
            let database = open_writer(path, Patience::new(lock_timeout))?;
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

    /// Makes one write transaction, and waits up to `lock_timeout` for other writers.
    fn write(
        &self,
        lock_timeout: Duration,
        work: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
    ) -> HostResult<()> {
        let mut place = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let written = guarded(&self.path, lock_timeout, || {
            let writer = match &mut *place {
                Some(writer) => writer,
                none => none.insert(Writer::open(&self.path, lock_timeout)?),
            };
            writer.patience.set(lock_timeout);
            let transaction = writer.database.begin_write()?;
            writer.holder.announce();
            work(&transaction)?;
            transaction.commit()?;
            self.refresh()?;
            Ok(())
        });
        if let Err(error) = &written {
            // redb refuses to go on after a failure of the disk; the next write opens the database again.
            let mended = self.guarded(|| {
                drop(place.take());
                match error {
                    HostError::Locked { .. } => Ok(()),
                    _ => repair(&self.path),
                }
            });
            if let Err(error) = mended {
                tracing::debug!(path = %self.path.display(), %error, "not repaired after a failed write");
            }
        }
        written
    }
}

impl Writer {
    fn open(path: &Path, lock_timeout: Duration) -> Result<Self, redb::Error> {
        let patience = Patience::new(lock_timeout);
        let database = open_writer(path, patience.clone())?;
        Ok(Self { database, holder: Holder::of(path), patience })
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
            self.write(self.lock_timeout, |transaction| {
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

    fn check_integrity(&self) -> HostResult<()> {
        self.guarded(|| {
            let overlay = Overlay::open(&self.path, self.lock_timeout)?;
            match builder().create_with_backend(overlay)?.check_integrity()? {
                true => Ok(()),
                false => Err(redb::Error::Corrupted("the integrity check failed".into())),
            }
        })
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        self.write(self.lock_timeout.min(BRIEFLY), |transaction| {
            let mut vouched = transaction.open_table(VOUCHED)?;
            for Voucher { key, digest } in verified {
                vouched.insert(key.as_bytes(), digest)?;
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
    let file = PatientFile::new(File::open(path)?, Patience::new(lock_timeout))?;
    Ok(builder().open_read_only_with_backend(file)?)
}

fn open_writer(path: &Path, patience: Patience) -> Result<Database, redb::Error> {
    let file = File::options().read(true).write(true).open(path)?;
    Ok(builder().create_with_backend(PatientFile::new(file, patience)?)?)
}

/// Opens a database whose last writer did not finish: repaired if this process can, else with the repair in memory.
fn recover(path: &Path, lock_timeout: Duration) -> Result<ReadOnlyDatabase, redb::Error> {
    let shown = path.display();
    match repair(path) {
        Ok(()) => {
            let reader = open_reader(path, lock_timeout)?;
            tracing::warn!(path = %shown, "{UNFINISHED}; it has been repaired");
            Ok(reader)
        }
        Err(error) => {
            tracing::debug!(path = %shown, %error, "cannot repair the database");
            let overlay = Overlay::open(path, lock_timeout)?;
            builder().create_with_backend(overlay.clone())?.close()?;
            let reader = builder().open_read_only_with_backend(overlay)?;
            tracing::warn!(
                path = %shown,
                "{UNFINISHED}, and this process cannot repair it: all that was written completely is read, and no \
                 process can write to it until this one ends"
            );
            Ok(reader)
        }
    }
}

const UNFINISHED: &str =
    "the last process that wrote to this database did not finish (it was killed, or the disk was full)";

/// Opening for writing repairs.
fn repair(path: &Path) -> Result<(), redb::Error> {
    Ok(open_writer(path, Patience::new(BRIEFLY))?.close()?)
}

fn take_snapshot(reader: &ReadOnlyDatabase) -> Result<Snapshot, redb::Error> {
    let transaction = reader.begin_read()?;
    Ok(Snapshot { records: transaction.open_table(RECORDS)?, vouched: transaction.open_table(VOUCHED)? })
}
