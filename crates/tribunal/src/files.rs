//! Files and folders that appear complete or not at all.

use anyhow::{Context, anyhow};
use std::{
    borrow::Cow,
    fs::{self, File, Permissions},
    io::{self, ErrorKind},
    os::unix::fs::PermissionsExt,
    path::Path,
};
use tempfile::{NamedTempFile, TempDir};

/// How the names of files and folders begin until they are complete.
const TEMPORARY: &str = ".tribunal-";

/// The folder that `path` lies in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path behind a link to a file, so that the file is replaced and not the link. As root, replacing `/dev/stdout` would
/// take it from all programs.
pub(crate) fn behind_link(path: &Path) -> Cow<'_, Path> {
    match fs::canonicalize(path) {
        Ok(target) if path.is_symlink() => target.into(),
        _ => path.into(),
    }
}

/// A new file under a temporary name, for [`NamedTempFile::persist`] to move to `path`.
pub(crate) fn temporary_for(path: &Path) -> io::Result<NamedTempFile> {
    // Not `tempfile_in`, whose errors show the temporary name.
    let create = |path: &Path| File::options().write(true).create_new(true).open(path);
    tempfile::Builder::new().prefix(TEMPORARY).make_in(folder_of(path), create)
}

/// Checks that a file can be written to `path` later: that its folder is there, and lets us create files.
///
/// # Errors
/// If `path` is a folder, or if no file can be created beside it.
pub(crate) fn require_writable(path: &Path) -> anyhow::Result<()> {
    let path = behind_link(path);
    let path = path.as_ref();
    let checked = match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::from(ErrorKind::IsADirectory).into()),
        // A device or a pipe has no temporary name.
        Ok(found) if !found.is_file() => Ok(()),
        _ => temporary_for(path)
            .map(drop)
            .with_context(|| format!("cannot create a file in {}", folder_of(path).display())),
    };
    checked.with_context(|| format!("cannot write {}", path.display()))
}

/// Has `fill` write files into the folder `path`, which is made if it is not there. If that fails, the folder is as it was
/// before.
///
/// # Errors
/// Those of `fill`, and if the files cannot be moved to their places.
pub(crate) fn write_folder(
    path: &Path,
    fill: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if path.is_dir() {
        // Inside it, because a folder may be a file system of its own.
        let temporary = temporary_folder_in(path)?;
        fill(temporary.path())?;
        for file in fs::read_dir(temporary.path())? {
            let file = file?;
            fs::rename(file.path(), path.join(file.file_name()))?;
        }
        return Ok(());
    }
    let parent = folder_of(path);
    fs::create_dir_all(parent).with_context(|| format!("cannot make the folder {}", parent.display()))?;
    let temporary = temporary_folder_in(parent)?;
    fill(temporary.path())?;
    fs::rename(temporary.path(), path)?;
    // What it would remove is not there any more.
    drop(temporary.keep());
    Ok(())
}

fn temporary_folder_in(parent: &Path) -> anyhow::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    // The umask takes away from these, as from those of every new folder.
    builder.prefix(TEMPORARY).permissions(Permissions::from_mode(0o777));
    builder.tempdir_in(parent).map_err(|error| {
        let failed = format!("cannot make a folder in {}", parent.display());
        match error.kind() {
            // So say file systems such as /proc, although the parent is there.
            ErrorKind::NotFound => anyhow!(failed),
            // The kind alone: the rest of the error shows the temporary name.
            kind => anyhow::Error::new(io::Error::from(kind)).context(failed),
        }
    })
}
