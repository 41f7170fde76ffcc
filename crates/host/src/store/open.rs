//! Opening stores, and making them.

use std::{
    fs::{self, File, Permissions},
    io::{ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::{
    DatabaseStore, DirectoryStore, PackStore, PreimageStore, StoreKind, pack,
    temporary::{self, TemporaryFolder},
    whole_file::{self, folder_of},
};
use crate::{
    error::{HostError, HostResult},
    fixture::{self, ZSTANDARD_MAGIC},
};

/// How a redb database begins.
const DATABASE_MAGIC: &[u8; 4] = b"redb";

/// What a path must lead to.
const A_STORE: &str = "a store: a folder of pre-images, a redb database, a pack or a fixture";

/// How stores are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreOptions {
    /// How long to wait while another process writes to the store. Default: one minute.
    pub lock_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self { lock_timeout: Duration::from_mins(1) }
    }
}

/// Opens the store at `path` with the default options; see [`StoreOptions::open`].
///
/// # Errors
/// As [`StoreOptions::open`].
pub fn open(path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
    StoreOptions::default().open(path)
}

/// Opens the store at `path`, or makes one, with the default options; see [`StoreOptions::create`].
///
/// # Errors
/// As [`StoreOptions::create`].
pub fn create(path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
    StoreOptions::default().create(path)
}

impl StoreOptions {
    /// Opens what is at `path`: a fixture folder (or the pre-image file of one), a redb database, a pack, or a folder
    /// with a file for each pre-image.
    ///
    /// Opening writes nothing and needs no write permission. A fixture is loaded into memory and never written to.
    ///
    /// # Errors
    /// [`HostError::NotAStore`] for anything else, [`HostError::NotFound`], and the errors of the store it is.
    pub fn open(&self, path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
        let metadata = fs::metadata(path).map_err(HostError::reading(path, A_STORE))?;
        if metadata.is_dir() {
            let records = path.join(fixture::PREIMAGES);
            return match records.try_exists() {
                Ok(true) => Ok(Arc::new(fixture::load(&records)?)),
                Ok(false) => Ok(Arc::new(DirectoryStore::open(path)?)),
                Err(error) => Err(HostError::io(records)(error)),
            };
        }
        match &beginning(path)? {
            start if start == pack::MAGIC => Ok(Arc::new(PackStore::open(path, self.lock_timeout)?)),
            start if start.starts_with(DATABASE_MAGIC) => {
                Ok(Arc::new(DatabaseStore::open(path, self.lock_timeout)?))
            }
            start if start.starts_with(&ZSTANDARD_MAGIC) => Ok(Arc::new(fixture::load(path)?)),
            // A damaged fixture: the error says what it is instead.
            _ if path.extension().is_some_and(|ending| ending == "zst") => Ok(Arc::new(fixture::load(path)?)),
            _ => Err(HostError::NotAStore { path: path.into(), reason: format!("is not {A_STORE}") }),
        }
    }

    /// Opens the store at `path` for writing, or makes an empty one of the kind that the ending asks for
    /// ([`StoreKind::of_new`]).
    ///
    /// # Errors
    /// As [`StoreOptions::open`]; [`HostError::UnknownEnding`]; [`HostError::ReadOnly`] if there is a fixture.
    pub fn create(&self, path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
        match path.try_exists().map_err(HostError::io(path))? {
            true => self.open_for_writing(path),
            false => self.create_as(path, StoreKind::of_new(path)?),
        }
    }

    /// As [`StoreOptions::create`], with the kind of a new store given.
    ///
    /// # Errors
    /// As [`StoreOptions::create`].
    pub fn create_as(&self, path: &Path, kind: StoreKind) -> HostResult<Arc<dyn PreimageStore>> {
        if !path.try_exists().map_err(HostError::io(path))? {
            self.make_as(path, kind, |_| Ok(()))?;
        }
        self.open_for_writing(path)
    }

    /// Removes what killed processes left in and beside the store, too.
    fn open_for_writing(&self, path: &Path) -> HostResult<Arc<dyn PreimageStore>> {
        let is_directory = fs::metadata(path).map_err(HostError::io(path))?.is_dir();
        let is_fixture = match is_directory {
            true => path.join(fixture::PREIMAGES).exists(),
            false => beginning(path)?.starts_with(&ZSTANDARD_MAGIC),
        };
        match (is_fixture, is_directory) {
            (true, _) => return Err(HostError::ReadOnly { path: path.into() }),
            (false, true) => temporary::remove_leftovers(path),
            (false, false) => {}
        }
        temporary::remove_leftovers(folder_of(path));
        self.open(path)
    }

    /// Makes the store `path` and has `fill` write into it. It is made under a temporary name in the same folder and
    /// renamed when `fill` succeeded. If another process made a store at `path` meanwhile, that one stays and the new one
    /// is dropped.
    pub(super) fn make(
        &self,
        path: &Path,
        fill: impl FnOnce(&dyn PreimageStore) -> HostResult<()>,
    ) -> HostResult<Made> {
        self.make_as(path, StoreKind::of_new(path)?, fill)
    }

    fn make_as(
        &self,
        path: &Path,
        kind: StoreKind,
        fill: impl FnOnce(&dyn PreimageStore) -> HostResult<()>,
    ) -> HostResult<Made> {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(HostError::io(folder))?;
        temporary::remove_leftovers(folder);
        let temporary = TemporaryFolder::new_in(folder)?;
        let named = |error: HostError| error.instead_of(temporary.path(), path);
        let renamed = match kind {
            StoreKind::Directory => {
                let store = DirectoryStore::make(temporary.path()).map_err(named)?;
                fill(&store).and_then(|()| store.complete()).map_err(named)?;
                // A folder takes the place of an empty one only, so no other store is lost.
                fs::rename(temporary.path(), path)
            }
            StoreKind::Database | StoreKind::Pack => {
                let file = new_file(temporary.path()).map_err(named)?;
                self.fill_file(file.path(), kind, fill).map_err(named)?;
                // The stores may have put another file into the place of this one: only the name counts.
                file.into_temp_path().persist_noclobber(path).map_err(|error| error.error)
            }
        };
        match renamed {
            Ok(()) => whole_file::sync_folder(folder).map(|()| Made::New),
            Err(error) if matches!(error.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty) => {
                Ok(Made::AlreadyThere)
            }
            Err(error) => Err(HostError::io(path)(error)),
        }
    }

    fn fill_file(
        &self,
        path: &Path,
        kind: StoreKind,
        fill: impl FnOnce(&dyn PreimageStore) -> HostResult<()>,
    ) -> HostResult<()> {
        match kind {
            StoreKind::Database => fill(&DatabaseStore::make(path, self.lock_timeout)?),
            _ => fill(&PackStore::make(path, self.lock_timeout)?),
        }
    }
}

/// Whether a store was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Made {
    /// It is the one that was filled.
    New,
    /// Another process was faster.
    AlreadyThere,
}

/// A new file for a store, with the permissions that the umask leaves. It lies in a folder of its own, because packs and
/// temporary folders both lock their folder.
fn new_file(temporary: &Path) -> HostResult<tempfile::NamedTempFile> {
    let folder = temporary.join("store");
    fs::create_dir(&folder).map_err(HostError::io(&folder))?;
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(&folder)
        .map_err(HostError::io(folder))
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
