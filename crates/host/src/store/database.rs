//! A store in a redb database.

use alloy_primitives::Bytes;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};
use tribunal_preimage::{PreimageKey, PreimageKeyType};

use super::{PreimageStore, arena::storable_key, record_digest, refuse_local};
use crate::error::{HostError, HostResult};

const RECORDS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("preimages");

/// Key to the checksum under which the record was found good.
const VOUCHED: TableDefinition<'_, &[u8; 32], &[u8; 32]> = TableDefinition::new("vouched");

/// Memory for pages, in bytes. Every pre-image is read once or twice, so more would be wasted.
const CACHE: usize = 64 << 20;

/// Records per transaction of [`PreimageStore::put_all`]: bounds what a transaction holds in memory.
const BATCH: usize = 50_000;

/// Pre-images in a redb database: survives a crash at any moment, and grows without being rewritten.
#[derive(Debug)]
pub struct DatabaseStore {
    path: PathBuf,
    database: Database,
}

impl DatabaseStore {
    /// Opens the database in the file `path`, or makes one there. It is ours alone while it is open.
    ///
    /// # Errors
    /// [`HostError::Database`] if the file is none, is damaged, or is open elsewhere.
    pub fn open(path: impl Into<PathBuf>) -> HostResult<Self> {
        let path = path.into();
        let database = guarded(&path, || {
            let database = Database::builder().set_cache_size(CACHE).create(&path)?;
            let transaction = database.begin_write()?;
            transaction.open_table(RECORDS)?;
            transaction.open_table(VOUCHED)?;
            transaction.commit()?;
            Ok(database)
        })?;
        Ok(Self { path, database })
    }

    fn guarded<T>(&self, work: impl FnOnce() -> Result<T, redb::Error>) -> HostResult<T> {
        guarded(&self.path, work)
    }

    /// The keys from `first` on for which `within` holds.
    fn keys_from(
        &self,
        first: [u8; 32],
        within: impl Fn(&PreimageKey) -> bool,
    ) -> HostResult<Vec<PreimageKey>> {
        self.guarded(|| {
            let table = self.database.begin_read()?.open_table(RECORDS)?;
            let mut keys = Vec::new();
            for entry in table.range::<&[u8; 32]>(&first..)? {
                match storable_key(*entry?.0.value()) {
                    Some(key) if within(&key) => keys.push(key),
                    _ => break,
                }
            }
            Ok(keys)
        })
    }
}

impl PreimageStore for DatabaseStore {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        self.guarded(|| {
            let table = self.database.begin_read()?.open_table(RECORDS)?;
            Ok(table.get(key.as_bytes())?.map(|value| Bytes::copy_from_slice(value.value())))
        })
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        let mut records = records.peekable();
        while records.peek().is_some() {
            let batch: Vec<_> = records.by_ref().take(BATCH).collect();
            batch.iter().try_for_each(|(key, _)| refuse_local(*key))?;
            self.guarded(|| {
                let transaction = self.database.begin_write()?;
                {
                    let mut table = transaction.open_table(RECORDS)?;
                    for (key, value) in &batch {
                        table.insert(key.as_bytes(), value.as_ref())?;
                    }
                }
                Ok(transaction.commit()?)
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
            let table = self.database.begin_read()?.open_table(VOUCHED)?;
            let digest = table.get(key.as_bytes())?;
            Ok(digest.is_some_and(|digest| *digest.value() == record_digest(key, value)))
        })
    }

    fn vouch(&self, keys: &[PreimageKey]) -> HostResult<()> {
        self.guarded(|| {
            let transaction = self.database.begin_write()?;
            {
                let records = transaction.open_table(RECORDS)?;
                let mut vouched = transaction.open_table(VOUCHED)?;
                for key in keys {
                    if let Some(value) = records.get(key.as_bytes())? {
                        vouched.insert(key.as_bytes(), &record_digest(*key, value.value()))?;
                    }
                }
            }
            Ok(transaction.commit()?)
        })
    }
}

/// Does `work` and turns its failure into ours. redb panics on some kinds of damage; that is the file's fault and must
/// not look like ours.
fn guarded<T>(path: &Path, work: impl FnOnce() -> Result<T, redb::Error>) -> HostResult<T> {
    let failed = |reason| HostError::Database { path: path.into(), reason };
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| failed(error.to_string())),
        Err(_) => Err(failed("the database is damaged".into())),
    }
}
