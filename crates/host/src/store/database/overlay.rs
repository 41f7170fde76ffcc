//! A database file that is read and never written: what redb writes stays in memory.
//!
//! redb repairs a database, and checks it, only if it may write. Here it may, without an effect on the file.

use redb::{BackendError, StorageBackend, backends::FileBackend};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::File,
    io,
    ops::Bound,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use super::file;

/// Bytes that are copied to memory together.
const CHUNK: usize = 4096;

/// The byte of the file that a writer locks during a transaction, by redb's locking protocol.
const WRITER_BYTE: u64 = 1 << 62;

/// A file, and in memory what differs from it. Clones share both.
///
/// No other process can write to the file before all clones are dropped, because its pages would not fit those in memory.
#[derive(Debug, Clone)]
pub(super) struct Overlay(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    file: FileBackend,
    written: RwLock<Written>,
}

#[derive(Debug)]
struct Written {
    /// The length of the database.
    length: u64,
    /// Where the part that can be read from the file ends.
    file_end: u64,
    /// By offset divided by [`CHUNK`].
    chunks: BTreeMap<u64, Box<[u8; CHUNK]>>,
}

impl Overlay {
    /// Opens the file for reading. Waits up to `lock_timeout` for a process that writes to it.
    pub(super) fn open(path: &Path, lock_timeout: Duration) -> Result<Self, redb::Error> {
        let file = FileBackend::new(File::open(path)?)?;
        let byte = (Bound::Included(WRITER_BYTE), Bound::Excluded(WRITER_BYTE + 1));
        file::wait(lock_timeout, || file.try_lock_shared_range(byte.0, byte.1)).map_err(
            |error| match error {
                BackendError::Io(error) => redb::Error::Io(error),
                _ => redb::Error::Unsupported,
            },
        )?;
        let length = file.len()?;
        let written = Written { length, file_end: length, chunks: BTreeMap::new() };
        Ok(Self(Arc::new(Inner { file, written: RwLock::new(written) })))
    }
}

impl Inner {
    /// Reads from the file, and zeros after its end.
    fn read_file(&self, file_end: u64, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let there = usize::try_from(file_end.saturating_sub(offset)).unwrap_or(usize::MAX).min(out.len());
        let (from_file, zeros) = out.split_at_mut(there);
        zeros.fill(0);
        if from_file.is_empty() { Ok(()) } else { self.file.read(offset, from_file) }
    }
}

/// Splits a range into parts that each lie in one chunk: its number, where the part starts in it, and its length.
fn parts(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let end = offset.saturating_add(length as u64);
    let mut at = offset;
    std::iter::from_fn(move || {
        let left = usize::try_from(end - at).unwrap_or(usize::MAX);
        let (chunk, start) = (at / CHUNK as u64, (at % CHUNK as u64) as usize);
        let length = left.min(CHUNK - start);
        at += length as u64;
        (length > 0).then_some((chunk, start, length))
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.written.read().unwrap_or_else(PoisonError::into_inner).length)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let written = self.0.written.read().unwrap_or_else(PoisonError::into_inner);
        if offset.checked_add(out.len() as u64).is_none_or(|end| end > written.length) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.0.read_file(written.file_end, offset, out)?;
        let mut rest = out;
        for (number, start, length) in parts(offset, rest.len()) {
            let (part, after) = rest.split_at_mut(length);
            if let Some(bytes) =
                written.chunks.get(&number).and_then(|chunk| chunk.get(start..start + length))
            {
                part.copy_from_slice(bytes);
            }
            rest = after;
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut written = self.0.written.write().unwrap_or_else(PoisonError::into_inner);
        if length < written.length {
            // What was cut off must be zero if the database grows again.
            written.chunks.split_off(&length.div_ceil(CHUNK as u64));
            let kept = (length % CHUNK as u64) as usize;
            if let Some(tail) = written.chunks.get_mut(&(length / CHUNK as u64)) {
                tail.iter_mut().skip(kept).for_each(|byte| *byte = 0);
            }
        }
        written.length = length;
        written.file_end = written.file_end.min(length);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.0.written.write().unwrap_or_else(PoisonError::into_inner);
        let file_end = written.file_end;
        let mut rest = data;
        for (number, start, length) in parts(offset, data.len()) {
            let (part, after) = rest.split_at(length);
            let chunk = match written.chunks.entry(number) {
                Entry::Occupied(chunk) => chunk.into_mut(),
                Entry::Vacant(place) => {
                    let mut chunk = Box::new([0; CHUNK]);
                    self.0.read_file(file_end, number * CHUNK as u64, chunk.as_mut_slice())?;
                    place.insert(chunk)
                }
            };
            if let Some(place) = chunk.get_mut(start..start + length) {
                place.copy_from_slice(part);
            }
            rest = after;
        }
        Ok(())
    }

    // The one lock that counts is on the file as long as this lives. To redb it looks as if there were no other process.

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn try_lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn lock_shared_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(false)
    }
}
