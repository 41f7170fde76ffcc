//! Files and folders under temporary names, and the removal of those that a killed process left.
//!
//! A process locks each one as long as it uses it. So a name whose lock is free is a leftover.

use std::{
    fs::{self, File, Permissions, TryLockError},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use tempfile::{Builder, NamedTempFile, TempDir};

use crate::error::{HostError, HostResult};

/// How temporary names begin.
const PREFIX: &str = ".tribunal-";

/// Attempts to lock a new name before another process takes it for a leftover.
const ATTEMPTS: usize = 16;

/// A folder under a temporary name. It is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct TemporaryFolder {
    folder: TempDir,
    /// Locked. Declared after `folder`, so that the folder is removed before the lock is released.
    _lock: File,
}

impl TemporaryFolder {
    /// Makes a folder in `place`, with the permissions that the umask leaves.
    pub(crate) fn new_in(place: &Path) -> HostResult<Self> {
        let make = || {
            let folder =
                Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o777)).tempdir_in(place)?;
            let lock = File::open(folder.path())?;
            Ok(is_ours(&lock, folder.path())?.then_some(Self { folder, _lock: lock }))
        };
        repeat(make).map_err(HostError::io(place))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes a file under a temporary name in `place`, with the permissions that the umask leaves. It is locked until it is
/// closed.
pub(crate) fn file_in(place: &Path) -> HostResult<NamedTempFile> {
    let make = || {
        let file =
            Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o666)).tempfile_in(place)?;
        Ok(is_ours(file.as_file(), file.path())?.then_some(file))
    };
    repeat(make).map_err(HostError::io(place))
}

/// Whether this is the name of a temporary file or folder.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX)
}

/// Removes the files and folders in `place` that a killed process left under temporary names. A failure is only logged: a
/// leftover does no harm.
pub(crate) fn remove_leftovers(place: &Path) {
    let Ok(entries) = fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_temporary)
            && let Err(error) = remove_leftover(&entry.path())
        {
            tracing::debug!(path = %entry.path().display(), %error, "cannot remove what a killed process left");
        }
    }
}

fn remove_leftover(path: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(path)?.file_type();
    // Opening anything else could wait, or reach outside of the folder.
    if !kind.is_file() && !kind.is_dir() {
        return Ok(());
    }
    let lock = File::open(path)?;
    match lock.try_lock() {
        Ok(()) if kind.is_dir() => fs::remove_dir_all(path),
        Ok(()) => fs::remove_file(path),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Locks a new file or folder. Returns whether it still has its name: another process may have removed it as a leftover
/// before it was locked.
fn is_ours(file: &File, path: &Path) -> io::Result<bool> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(false),
        // Some network file systems have no locks, and then leftovers stay.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let (ours, named) = (file.metadata()?, fs::symlink_metadata(path));
    Ok(named.is_ok_and(|named| (named.dev(), named.ino()) == (ours.dev(), ours.ino())))
}

fn repeat<T>(mut make: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    for _ in 0..ATTEMPTS {
        if let Some(made) = make().map_err(without_name)? {
            return Ok(made);
        }
    }
    Err(io::Error::other("other processes remove each new temporary file"))
}

/// The error that the operating system reported, without the temporary name.
fn without_name(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|named| named.source());
    let code = inner.and_then(|inner| inner.downcast_ref::<io::Error>()).and_then(io::Error::raw_os_error);
    code.map_or(error, io::Error::from_raw_os_error)
}
