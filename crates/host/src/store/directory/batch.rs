//! Writing many files so that each appears complete, with few syncs.

use alloy_primitives::{Bytes, hex};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use tribunal_preimage::PreimageKey;

use super::{
    super::{temporary::TemporaryFolder, whole_file},
    layout::Layout,
};
use crate::error::{HostError, HostResult};

/// Files that are written before they are synced together.
pub(super) const BATCH: usize = 16_384;

/// Up to this many files are synced one by one: the sync of a whole file system may have other work to do.
const FEW: usize = 16;

/// Writes the records into a folder of temporary files, syncs them, and moves each into its place. Files that are there
/// with the same content are left alone.
pub(super) fn write(folder: &Path, layout: Layout, records: &[(PreimageKey, Bytes)]) -> HostResult<()> {
    let records: Vec<_> = records.iter().filter(|record| !is_there(folder, layout, record)).collect();
    if records.is_empty() {
        return Ok(());
    }
    let temporary = TemporaryFolder::new_in(folder)?;
    let sync_each = records.len() <= FEW || !cfg!(target_os = "linux");
    for (index, (key, value)) in records.iter().enumerate() {
        write_file(&numbered(&temporary, index), value, sync_each)
            .map_err(HostError::io(folder.join(layout.relative_path(*key))))?;
    }
    if !sync_each {
        sync_all(folder)?;
    }
    let mut folders = Folders::default();
    for (index, (key, _)) in records.iter().enumerate() {
        let path = folders.place(folder, layout, *key)?;
        fs::rename(numbered(&temporary, index), &path).map_err(HostError::io(&path))?;
    }
    if !sync_each {
        return sync_all(folder);
    }
    folders.0.insert(folder.into());
    folders.0.iter().try_for_each(|folder| whole_file::sync_folder(folder))
}

fn is_there(folder: &Path, layout: Layout, (key, value): &(PreimageKey, Bytes)) -> bool {
    let path = folder.join(layout.relative_path(*key));
    let length = 2 * value.len() as u64;
    fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == length)
        && fs::read(&path).is_ok_and(|digits| digits == hex::encode(value).as_bytes())
}

/// Writes the records right into their places, without a sync: for a store that nothing reads before [`sync_all`].
pub(super) fn write_new(folder: &Path, layout: Layout, records: &[(PreimageKey, Bytes)]) -> HostResult<()> {
    let sync_each = !cfg!(target_os = "linux");
    let mut folders = Folders::default();
    for (key, value) in records {
        let path = folders.place(folder, layout, *key)?;
        write_file(&path, value, sync_each).map_err(HostError::io(&path))?;
    }
    Ok(())
}

/// Makes everything durable that was written to the file system of `folder`.
pub(super) fn sync_all(folder: &Path) -> HostResult<()> {
    sync_file_system(folder).map_err(HostError::io(folder))
}

/// The folders that were written to. Each is made once.
#[derive(Debug, Default)]
struct Folders(BTreeSet<PathBuf>);

impl Folders {
    /// The path of the file of `key`. Its folder is made if it is missing.
    fn place(&mut self, folder: &Path, layout: Layout, key: PreimageKey) -> HostResult<PathBuf> {
        let path = folder.join(layout.relative_path(key));
        let parent = path.parent().unwrap_or(folder);
        if !self.0.contains(parent) {
            fs::create_dir_all(parent).map_err(HostError::io(parent))?;
            self.0.insert(parent.into());
        }
        Ok(path)
    }
}

fn numbered(folder: &TemporaryFolder, index: usize) -> PathBuf {
    folder.path().join(index.to_string())
}

fn write_file(path: &Path, value: &[u8], sync: bool) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(hex::encode(value).as_bytes())?;
    if sync { file.sync_data() } else { Ok(()) }
}

#[cfg(target_os = "linux")]
fn sync_file_system(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Elsewhere each file is synced when it is written.
#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &Path) -> io::Result<()> {
    Ok(())
}
