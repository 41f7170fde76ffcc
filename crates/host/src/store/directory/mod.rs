//! A store of one file for each pre-image, laid out as op-program's `--datadir`.

mod batch;
mod layout;
mod vouched;

use alloy_primitives::{Bytes, hex};
use std::{
    fs::File,
    io::{ErrorKind, Read},
    path::PathBuf,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};
use tribunal_preimage::{Limits, PreimageKey};

use self::{
    layout::{Found, Layout},
    vouched::Checksums,
};
use super::{PreimageStore, Voucher, record_digest, refuse_local};
use crate::error::{HostError, HostResult};

/// Pre-images as files with hexadecimal content, in one of op-program's two layouts.
///
/// A file is written under a temporary name and moved into its place. So a crash leaves no half-written pre-image, and
/// any number of processes may read and write one folder at the same time, without locks.
#[derive(Debug)]
pub struct DirectoryStore {
    path: PathBuf,
    /// The layout in which new pre-images are written.
    layout: Layout,
    /// Whether the folder has pre-images in the other layout too.
    has_other: bool,
    /// Whether the folder has a marker, as kona-host and op-challenger expect. The first write adds it.
    is_marked: AtomicBool,
    /// Whether the folder still has a temporary name. Then nothing reads it, and one sync at the end is enough.
    is_new: bool,
    vouched: RwLock<Checksums>,
}

impl DirectoryStore {
    /// Opens the store in the folder `path`. Nothing is written: neither a marker nor a missing folder.
    ///
    /// # Errors
    /// [`HostError::NotAStore`] if the folder is of another format, or holds other files and no pre-images;
    /// [`HostError::Io`].
    pub fn open(path: impl Into<PathBuf>) -> HostResult<Self> {
        let path = path.into();
        let Found { layout, has_other, is_marked } = layout::detect(&path)?;
        let vouched = RwLock::new(vouched::read(&path.join(vouched::FILE))?);
        Ok(Self { path, layout, has_other, is_marked: is_marked.into(), is_new: false, vouched })
    }

    /// Makes a store in the empty folder `path`, which has a temporary name. Nothing in it is durable before
    /// [`DirectoryStore::complete`].
    pub(super) fn make(path: impl Into<PathBuf>) -> HostResult<Self> {
        let store = Self { is_new: true, ..Self::open(path)? };
        store.mark()?;
        Ok(store)
    }

    /// Makes everything in a new store durable.
    pub(super) fn complete(self) -> HostResult<()> {
        batch::sync_all(&self.path)
    }

    /// The file of `key`: in the layout of the store, or else in the other if the store has pre-images in it.
    fn open_file(&self, key: PreimageKey) -> HostResult<Option<(PathBuf, File)>> {
        let others = self.has_other.then(|| self.layout.other());
        for layout in [self.layout].into_iter().chain(others) {
            let path = self.path.join(layout.relative_path(key));
            match File::open(&path) {
                Ok(file) => return Ok(Some((path, file))),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(HostError::io(path)(error)),
            }
        }
        Ok(None)
    }

    fn mark(&self) -> HostResult<()> {
        if !self.is_marked.load(Ordering::Relaxed) {
            layout::mark(&self.path, self.layout)?;
            self.is_marked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl PreimageStore for DirectoryStore {
    fn get(&self, key: PreimageKey) -> HostResult<Option<Bytes>> {
        let Some((path, file)) = self.open_file(key)? else { return Ok(None) };
        let limit = 2 * Limits::default().preimage;
        let mut digits = Vec::new();
        file.take(limit + 1).read_to_end(&mut digits).map_err(HostError::io(&path))?;
        let wrong = |reason: &str| HostError::Record { path: path.clone(), key, reason: reason.into() };
        if digits.len() as u64 > limit {
            return Err(wrong("the file is too long"));
        }
        // The decoder would skip a prefix, which the layout does not have.
        if digits.starts_with(b"0x") {
            return Err(wrong("the file is not hexadecimal"));
        }
        let value = hex::decode(&digits).map_err(|_| wrong("the file is not hexadecimal"))?;
        Ok(Some(value.into()))
    }

    fn put_all(&self, records: &mut dyn Iterator<Item = (PreimageKey, Bytes)>) -> HostResult<()> {
        let mut records = records.peekable();
        while records.peek().is_some() {
            let batch: Vec<_> = records.by_ref().take(batch::BATCH).collect();
            batch.iter().try_for_each(|(key, _)| refuse_local(*key))?;
            self.mark()?;
            let write = if self.is_new { batch::write_new } else { batch::write };
            write(&self.path, self.layout, &batch)?;
        }
        Ok(())
    }

    fn keys(&self) -> HostResult<Vec<PreimageKey>> {
        let mut keys = self.layout.keys(&self.path)?;
        if self.has_other {
            keys.extend(self.layout.other().keys(&self.path)?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    fn is_vouched(&self, key: PreimageKey, value: &[u8]) -> HostResult<bool> {
        let vouched = self.vouched.read().unwrap_or_else(PoisonError::into_inner);
        Ok(vouched.get(&key).is_some_and(|digest| *digest == record_digest(key, value)))
    }

    fn vouch(&self, verified: &[Voucher]) -> HostResult<()> {
        let known = self.vouched.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |voucher: &&Voucher| known.get(&voucher.key) != Some(&voucher.digest);
        let fresh: Vec<_> =
            verified.iter().filter(is_fresh).map(|voucher| (voucher.key, voucher.digest)).collect();
        drop(known);
        if fresh.is_empty() {
            return Ok(());
        }
        let written = vouched::append(&self.path.join(vouched::FILE), &fresh);
        self.vouched.write().unwrap_or_else(PoisonError::into_inner).extend(fresh);
        written
    }
}
