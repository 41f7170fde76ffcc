//! The kinds of store on disk, and the endings of their names.

use std::path::Path;

use crate::error::{HostError, HostResult};

/// A kind of store that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A folder with one file for each pre-image: a name without an ending.
    Directory,
    /// A redb database: `.redb`.
    Database,
    /// One file that is read in one go: `.pack`.
    Pack,
}

impl StoreKind {
    /// The kind that the ending of `path` asks for.
    ///
    /// # Errors
    /// [`HostError::UnknownEnding`].
    pub fn of_new(path: &Path) -> HostResult<Self> {
        // A slash at the end means a folder, also with a dot in its name.
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return Ok(Self::Directory);
        }
        match path.extension() {
            None => Ok(Self::Directory),
            Some(ending) if ending == "redb" => Ok(Self::Database),
            Some(ending) if ending == "pack" => Ok(Self::Pack),
            Some(ending) => {
                let ending = ending.to_string_lossy().into_owned();
                Err(HostError::UnknownEnding { path: path.into(), ending })
            }
        }
    }
}
