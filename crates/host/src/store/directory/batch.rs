//! Writing many files so that each appears complete, with few syncs.

use alloy_primitives::{Bytes, hex};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tempfile::TempDir;
use tribunal_preimage::PreimageKey;

use super::{super::whole_file, layout::Layout};
use crate::error::{HostError, HostResult};

/// Files that are written before they are synced together.
pub(super) const BATCH: usize = 4096;

/// Up to this many files are synced one by one: the sync of a whole file system may have other work to do.
const FEW: usize = 16;

/// Writes the records into a folder of temporary files, syncs them, and moves each into its place.
pub(super) fn write(folder: &Path, layout: Layout, records: &[(PreimageKey, Bytes)]) -> HostResult<()> {
    let temporary = tempfile::Builder::new()
        .prefix(whole_file::TEMPORARY)
        .tempdir_in(folder)
        .map_err(HostError::io(folder))?;
    let sync_each = records.len() <= FEW || !cfg!(target_os = "linux");
    for (index, (_, value)) in records.iter().enumerate() {
        let path = numbered(&temporary, index);
        write_file(&path, value, sync_each).map_err(HostError::io(&path))?;
    }
    if !sync_each {
        sync_file_system(temporary.path()).map_err(HostError::io(folder))?;
    }
    let mut folders = BTreeSet::new();
    for (index, (key, _)) in records.iter().enumerate() {
        let path = folder.join(layout.relative_path(*key));
        let parent = path.parent().unwrap_or(folder);
        if folders.insert(parent.to_path_buf()) {
            fs::create_dir_all(parent).map_err(HostError::io(parent))?;
        }
        fs::rename(numbered(&temporary, index), &path).map_err(HostError::io(&path))?;
    }
    folders.insert(folder.into());
    folders.iter().try_for_each(|folder| whole_file::sync_folder(folder))
}

fn numbered(folder: &TempDir, index: usize) -> PathBuf {
    folder.path().join(index.to_string())
}

fn write_file(path: &Path, value: &[u8], sync: bool) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(hex::encode(value).as_bytes())?;
    if sync { file.sync_data() } else { Ok(()) }
}

/// Makes everything durable that was written to the file system of `folder`.
#[cfg(target_os = "linux")]
fn sync_file_system(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &Path) -> io::Result<()> {
    Ok(())
}
