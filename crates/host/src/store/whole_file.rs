//! Files that appear complete, or not at all.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::temporary;
use crate::error::{HostError, HostResult};

/// The folder that `path` lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Has `fill` write the file `path`. It is written under a temporary name in the same folder, synced and moved into its
/// place. What is no regular file, such as `/dev/stdout` or a named pipe, is written directly.
///
/// A new file has the permissions that the umask leaves, a file that takes the place of another has those of the other.
///
/// # Errors
/// [`HostError::Io`], and those of `fill`.
pub(crate) fn write<T>(path: &Path, fill: impl FnOnce(&mut File) -> HostResult<T>) -> HostResult<T> {
    // The target of a link is replaced, not the link.
    let (target, mode) = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            (fs::canonicalize(path).map_err(HostError::io(path))?, Some(metadata.permissions()))
        }
        Ok(metadata) if metadata.is_dir() => {
            return Err(HostError::io(path)(ErrorKind::IsADirectory.into()));
        }
        Ok(_) => {
            let mut file = File::options().write(true).open(path).map_err(HostError::io(path))?;
            let filled = fill(&mut file)?;
            file.flush().map_err(HostError::io(path))?;
            return Ok(filled);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => (PathBuf::from(path), None),
        Err(error) => return Err(HostError::io(path)(error)),
    };
    let mut temporary = temporary::file_in(folder_of(&target))?;
    let filled = fill(temporary.as_file_mut())?;
    if let Some(mode) = mode {
        temporary.as_file().set_permissions(mode).map_err(HostError::io(path))?;
    }
    temporary.as_file().sync_data().map_err(HostError::io(path))?;
    temporary.persist(&target).map_err(|error| HostError::io(path)(error.error))?;
    sync_folder(folder_of(&target))?;
    Ok(filled)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> HostResult<()> {
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // Some file systems have nothing to sync in a folder.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        done => done.map_err(HostError::io(folder)),
    }
}
