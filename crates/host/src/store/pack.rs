//! A store in one file that is read in one go: the fastest to open.
//!
//! ```text
//! "TRBPACK1" | open u64 BE | vouched u64 BE | digest[32] | open records | vouched records
//! ```
//!
//! Records are as in a fixture file, sorted by key within each part, uncompressed; `open` and `vouched` are the lengths
//! of the parts in bytes. The vouched part has the records of type 5 and 6 that were verified. The digest is the SHA-256
//! over the bytes before it, the version of the checks, and that part. If it does not fit, everything is verified again.

use alloy_primitives::{Bytes, map::HashSet};
use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, RwLockReadGuard},
    time::Duration,
};
use tribunal_preimage::{PreimageKey, verify::sha256};

use super::{
    Arena, CHECKS_VERSION, PreimageStore, Voucher, append_record, is_expensive, refuse_local, waiting,
    whole_file::{self, folder_of},
};
use crate::error::{HostError, HostResult};

/// How a pack begins.
pub(crate) const MAGIC: &[u8; 8] = b"TRBPACK1";

const HEADER: usize = 8 + 8 + 8 + 32;

/// Pre-images in a single file, all in memory while it is open.
///
/// Made for many reads and few writes: every [`PreimageStore::put_all`] and [`PreimageStore::vouch`] reads the file again,
/// writes a new one and moves it into the place of the old one. A lock on the folder keeps two writers apart, so that
/// neither loses the records of the other.
#[derive(Debug)]
pub struct PackStore {
    path: PathBuf,
    lock_timeout: Duration,
    contents: RwLock<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    records: Arena,
    /// Where the vouched part starts in the buffer, if its checksum is right.
    vouched_from: Option<usize>,
}

impl PackStore {
    /// Opens the pack in the file `path`. A writer waits up to `lock_timeout` for another one.
    ///
    /// # Errors
    /// [`HostError::NotAStore`] if it is something else, the errors about records if they are damaged, and
    /// [`HostError::Io`].
    pub fn open(path: impl Into<PathBuf>, lock_timeout: Duration) -> HostResult<Self> {
        let path = path.into();
        let contents = RwLock::new(Contents::read(&path)?);
        Ok(Self { path, lock_timeout, contents })
    }

    /// Makes an empty pack in the file `path`.
    pub(super) fn make(path: &Path, lock_timeout: Duration) -> HostResult<Self> {
        save(path, &Contents::default().assemble(BTreeMap::new(), &[]))?;
        Self::open(path, lock_timeout)
    }

    fn read(&self) -> RwLockReadGuard<'_, Contents> {
        self.contents.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the file anew: what it holds now, with `added`, and with `vouched` marked as verified.
    fn rewrite(
        &self,
        lock_timeout: Duration,
        added: BTreeMap<PreimageKey, Bytes>,
        vouched: &[Voucher],
    ) -> HostResult<()> {
        let _turn = self.wait_for_turn(lock_timeout)?;
        let file = Contents::read(&self.path)?.assemble(added, vouched);
        save(&self.path, &file)?;
        let contents = Contents::parse(&self.path, file.into())?;
        *self.contents.write().unwrap_or_else(PoisonError::into_inner) = contents;
        Ok(())
    }

    /// A lock on the folder, held until it is dropped. The file itself cannot carry it: it is replaced.
    fn wait_for_turn(&self, lock_timeout: Duration) -> HostResult<File> {
        let folder = folder_of(&self.path);
        let lock = File::open(folder).map_err(HostError::io(folder))?;
        let taken = waiting::until(lock_timeout, || match lock.try_lock() {
            Ok(()) => Ok(Some(())),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        });
        match taken {
            Ok(Some(())) => Ok(lock),
            Ok(None) => Err(HostError::Locked {
                path: self.path.clone(),
                seconds: lock_timeout.as_secs(),
                holder: None,
            }),
            Err(error) => {
                // Some network file systems have no such locks. Then writers must not overlap.
                tracing::debug!(folder = %folder.display(), %error, "the folder cannot be locked");
                Ok(lock)
            }
        }
    }
}

impl PreimageStore for PackStore {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        Ok(self.read().records.get(&key))
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        let mut added = BTreeMap::new();
        for (key, value) in records {
            refuse_local(key)?;
            added.insert(key, value);
        }
        self.rewrite(self.lock_timeout, added, &[])
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        let mut keys: Vec<_> = self.read().records.keys().collect();
        keys.sort_unstable();
        Ok(keys)
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        // The values lie in our own memory since their checksum was found right.
        let contents = self.read();
        Ok(contents.is_vouched(key) && contents.records.get(&key).is_some_and(|own| *own == *value))
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        let contents = self.read();
        let is_known = verified.iter().all(|voucher| {
            contents.is_vouched(voucher.key)
                && contents.records.get(&voucher.key).is_some_and(|value| voucher.is_for(&value))
        });
        drop(contents);
        match is_known {
            true => Ok(()),
            false => self.rewrite(self.lock_timeout.min(waiting::BRIEFLY), BTreeMap::new(), verified),
        }
    }
}

impl Contents {
    fn read(path: &Path) -> HostResult<Self> {
        Self::parse(path, fs::read(path).map_err(HostError::io(path))?.into())
    }

    fn parse(path: &Path, buffer: Bytes) -> HostResult<Self> {
        let wrong = |reason: &str| HostError::NotAStore { path: path.into(), reason: reason.into() };
        let (head, digest) = buffer
            .get(..HEADER)
            .and_then(|header| header.split_last_chunk::<32>())
            .filter(|(head, _)| head.starts_with(MAGIC))
            .ok_or_else(|| wrong("is not a pack of pre-images"))?;
        let lengths = head.get(MAGIC.len()..).unwrap_or_default().as_chunks::<8>().0;
        let &[open, vouched] = lengths else { return Err(wrong("has no complete header")) };
        let [open, vouched] = [open, vouched].map(|length| usize::try_from(u64::from_be_bytes(length)).ok());
        let end = open.and_then(|open| open.checked_add(vouched?)).and_then(|sum| sum.checked_add(HEADER));
        let (Some(open), true) = (open, end == Some(buffer.len())) else {
            return Err(wrong("is not as long as its header says"));
        };
        let start = HEADER + open;
        let is_good = digest_of(head, buffer.get(start..).unwrap_or_default()) == *digest;
        if !is_good {
            tracing::warn!(path = %path.display(), "the checksum does not fit: everything will be verified again");
        }
        let end = buffer.len();
        let records = Arena::index(path, buffer, HEADER..end)?;
        Ok(Self { records, vouched_from: is_good.then_some(start) })
    }

    /// The bytes of a file with these contents, `added` to them, and those records marked as verified that `vouched`
    /// vouches for and that were marked before.
    fn assemble(&self, added: BTreeMap<PreimageKey, Bytes>, vouched: &[Voucher]) -> Vec<u8> {
        let mut good: HashSet<PreimageKey> =
            self.records.keys().filter(|key| self.is_vouched(*key) && !added.contains_key(key)).collect();
        let mut records: BTreeMap<_, _> =
            self.records.keys().filter_map(|key| Some((key, self.records.get(&key)?))).collect();
        records.extend(added);
        for voucher in vouched.iter().filter(|voucher| is_expensive(voucher.key)) {
            // Another process may have replaced a value after it was verified.
            let is_right = |value: &Bytes| voucher.is_for(value);
            match records.get(&voucher.key).is_some_and(is_right) {
                true => good.insert(voucher.key),
                false => good.remove(&voucher.key),
            };
        }

        let (vouched, open): (Vec<_>, Vec<_>) = records.iter().partition(|(key, _)| good.contains(*key));
        let mut file = vec![0; HEADER];
        open.into_iter().for_each(|(key, value)| append_record(&mut file, *key, value));
        let start = file.len();
        vouched.into_iter().for_each(|(key, value)| append_record(&mut file, *key, value));

        let lengths = [(start - HEADER) as u64, (file.len() - start) as u64].map(u64::to_be_bytes);
        let head = [MAGIC.as_slice(), lengths.as_flattened()].concat();
        let digest = digest_of(&head, file.get(start..).unwrap_or_default());
        if let Some(header) = file.get_mut(..HEADER) {
            header.copy_from_slice(&[head.as_slice(), &digest].concat());
        }
        file
    }

    fn is_vouched(&self, key: PreimageKey) -> bool {
        self.vouched_from.is_some_and(|start| self.records.lies_after(&key, start))
    }
}

/// Moves a new file into the place of the old one.
fn save(path: &Path, file: &[u8]) -> HostResult<()> {
    whole_file::write(path, |new| new.write_all(file).map_err(HostError::io(path)))
}

/// The checksum over the header before it and the vouched records.
fn digest_of(head: &[u8], vouched: &[u8]) -> [u8; 32] {
    let parts = [sha256(head), sha256(&CHECKS_VERSION.to_be_bytes()), sha256(vouched)];
    sha256(parts.as_flattened())
}
