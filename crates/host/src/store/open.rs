//! Finding out what kind of store a path is.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
    sync::Arc,
};

use super::{DatabaseStore, DirectoryStore, PackStore, PreimageStore, pack};
use crate::{
    error::{HostError, HostResult},
    fixture,
};

/// How a redb database begins.
const DATABASE_MAGIC: &[u8; 4] = b"redb";

/// How Zstandard data begins.
const ZSTANDARD_MAGIC: &[u8; 4] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Opens what is at `path`: a fixture folder (or the pre-image file of one), a redb database, a pack, or a directory of
/// files.
///
/// A fixture is loaded into memory and never written to.
///
/// # Errors
/// [`HostError::NotAStore`] for a file of another kind, the errors of the store it is, and [`HostError::Io`] if there is
/// nothing.
pub fn open(path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
    let metadata = fs::metadata(path).map_err(HostError::io(path))?;
    if metadata.is_dir() {
        let records = path.join(fixture::PREIMAGES);
        return match records.try_exists() {
            Ok(true) => Ok(Arc::new(fixture::load(&records)?)),
            Ok(false) => Ok(Arc::new(DirectoryStore::open(path)?)),
            Err(error) => Err(HostError::io(records)(error)),
        };
    }
    match &beginning(path)? {
        start if start == pack::MAGIC => Ok(Arc::new(PackStore::open(path)?)),
        start if start.starts_with(DATABASE_MAGIC) => Ok(Arc::new(DatabaseStore::open(path)?)),
        start if start.starts_with(ZSTANDARD_MAGIC) => Ok(Arc::new(fixture::load(path)?)),
        _ => Err(HostError::NotAStore {
            path: path.into(),
            reason: "is neither a pre-image file, a pack, a redb database nor a folder".into(),
        }),
    }
}

/// Opens the store at `path`, or makes one: a redb database if the name ends in `.redb`, a pack if it ends in `.pack`,
/// and a directory of files otherwise.
///
/// # Errors
/// As [`open`]; [`HostError::ReadOnly`] if there is a fixture.
pub fn create(path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
    let is_there = path.try_exists().map_err(HostError::io(path))?;
    if is_there {
        let is_fixture = match fs::metadata(path).map_err(HostError::io(path))?.is_dir() {
            true => path.join(fixture::PREIMAGES).exists(),
            false => beginning(path)?.starts_with(ZSTANDARD_MAGIC),
        };
        if is_fixture {
            return Err(HostError::ReadOnly { path: path.into() });
        }
        return open(path);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(HostError::io(folder))?;
    }
    Ok(match path.extension().and_then(|extension| extension.to_str()) {
        Some("redb") => Arc::new(DatabaseStore::open(path)?),
        Some("pack") => Arc::new(PackStore::open(path)?),
        _ => Arc::new(DirectoryStore::open(path)?),
    })
}

/// The first bytes of a file, zeros after its end.
fn beginning(path: &Path) -> HostResult<[u8; 8]> {
    let mut start = [0; 8];
    let mut file = File::open(path).map_err(HostError::io(path))?;
    match file.read_exact(&mut start) {
        Ok(()) => Ok(start),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok([0; 8]),
        Err(error) => Err(HostError::io(path)(error)),
    }
}
