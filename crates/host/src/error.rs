//! The error of this crate.

use alloy_primitives::B256;
use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};
use tribunal_preimage::{PreimageKey, PreimageOracleError};
use tribunal_rollup::RollupError;

/// Why a store, a fixture or a claim could not be read or written, or a program not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The operating system reported an error.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it reported.
        source: io::Error,
    },
    /// A file or folder that the user named is missing.
    #[error("{}: not found; expected {expected}", path.display())]
    NotFound {
        /// The file or folder.
        path: PathBuf,
        /// What it must be.
        expected: &'static str,
    },
    /// This is no store of a known kind and version.
    #[error("{}: {reason}", path.display())]
    NotAStore {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The records of a file end in the middle of one.
    #[error("{}: the record at offset {offset}{} is cut off", path.display(), of_key(key.as_ref()))]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where the record starts, in bytes of the uncompressed records.
        offset: u64,
        /// Its key, if that much is there.
        key: Option<PreimageKey>,
    },
    /// A record says that it is longer than any pre-image may be, or than the file.
    #[error("{}: pre-image {key} at offset {offset} has {length} bytes, more than the limit of {limit}", path.display())]
    RecordTooLong {
        /// The file.
        path: PathBuf,
        /// Where the record starts, in bytes of the uncompressed records.
        offset: u64,
        /// Its key.
        key: PreimageKey,
        /// The length it announces, in bytes.
        length: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A record's key is of no type that a store keeps: unknown, or local to a dispute.
    #[error("{}: the record at offset {offset} has key {key}, which no store keeps", path.display())]
    StrayKey {
        /// The file.
        path: PathBuf,
        /// Where the record starts, in bytes of the uncompressed records.
        offset: u64,
        /// The 32 bytes in the place of the key.
        key: B256,
    },
    /// Two records have the same key and different values.
    #[error("{}: a second value for pre-image {key} at offset {offset}", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// Where the second record starts, in bytes of the uncompressed records.
        offset: u64,
        /// The key.
        key: PreimageKey,
    },
    /// The file is not Zstandard data, is cut off or damaged, or unpacks to more than the limit.
    #[error("{}: {reason}", path.display())]
    Compression {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file of a record does not hold what it should.
    #[error("{}: pre-image {key}: {reason}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The key.
        key: PreimageKey,
        /// What is wrong with it.
        reason: String,
    },
    /// Local values belong to a claim and are never stored.
    #[error("local key {0} cannot be stored")]
    LocalKey(PreimageKey),
    /// The database failed.
    #[error("{}: {reason}", path.display())]
    Database {
        /// The database's file.
        path: PathBuf,
        /// What it reported.
        reason: String,
    },
    /// No kind of store has this ending.
    #[error(
        "{}: no kind of store has the ending .{ending}; known are .redb (a redb database), .pack (one file) and no \
         ending (a folder with a file for each pre-image)",
        path.display()
    )]
    UnknownEnding {
        /// The path of the store that was to be made.
        path: PathBuf,
        /// Its ending, without the dot.
        ending: String,
    },
    /// Another process held the store for longer than the time-out.
    #[error(
        "{}: {} has held this store for {seconds} s; wait for it, or raise --lock-timeout",
        path.display(),
        holder.as_deref().unwrap_or("another process")
    )]
    Locked {
        /// The store.
        path: PathBuf,
        /// The time-out.
        seconds: u64,
        /// The process that holds it, if it is known.
        holder: Option<String>,
    },
    /// A fixture folder or its file was to be written.
    #[error(
        "{} is a fixture, which is never written: name a new store, for example a new folder, *.redb or *.pack",
        path.display()
    )]
    ReadOnly {
        /// The store.
        path: PathBuf,
    },
    /// A claim or configuration file does not hold what it should.
    #[error("{}: {field}: {reason}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// The field, with the claim's index in a file of many: `[3].l1_head`.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A config file cannot be used.
    #[error("{}: {source}", path.display())]
    ConfigFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: RollupError,
    },
    /// The configs contradict each other or the claim, or one is needed and not given.
    #[error("{source} ({origins})")]
    Configs {
        /// The contradiction, or what is needed.
        source: RollupError,
        /// Where each config comes from.
        origins: String,
    },
    /// A file descriptor that the protocol needs is not open.
    #[error("file descriptor {0} is not open; a fault-proof VM has to start this program")]
    DescriptorClosed(i32),
    /// The descriptors of the protocol serve one program only, and already do.
    #[error("file descriptors 3 to 6 are already served")]
    DescriptorsTaken,
    /// A pre-image or hint could not be served; the inner error names it.
    #[error(transparent)]
    Oracle(#[from] PreimageOracleError),
}

/// What the functions of this crate return.
pub type HostResult<T> = Result<T, HostError>;

fn of_key(key: Option<&PreimageKey>) -> String {
    key.map(|key| format!(" (pre-image {key})")).unwrap_or_default()
}

impl HostError {
    /// Wraps an error of the operating system about `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// As [`HostError::io`], except that a missing file is [`HostError::NotFound`].
    pub(crate) fn reading(path: &Path, expected: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            ErrorKind::NotFound => Self::NotFound { path: path.into(), expected },
            _ => Self::io(path)(error),
        }
    }

    /// The same error about `path`, if it is about something under the temporary name `temporary`, which the user does
    /// not know.
    pub(crate) fn instead_of(mut self, temporary: &Path, path: &Path) -> Self {
        if let Some(named) = self.path_mut()
            && named.starts_with(temporary)
        {
            *named = path.into();
        }
        self
    }

    fn path_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::Io { path, .. }
            | Self::NotFound { path, .. }
            | Self::NotAStore { path, .. }
            | Self::Truncated { path, .. }
            | Self::RecordTooLong { path, .. }
            | Self::StrayKey { path, .. }
            | Self::Conflict { path, .. }
            | Self::Compression { path, .. }
            | Self::Record { path, .. }
            | Self::Database { path, .. }
            | Self::UnknownEnding { path, .. }
            | Self::Locked { path, .. }
            | Self::ReadOnly { path }
            | Self::Field { path, .. }
            | Self::ConfigFile { path, .. } => Some(path),
            Self::LocalKey(_)
            | Self::Configs { .. }
            | Self::DescriptorClosed(_)
            | Self::DescriptorsTaken
            | Self::Oracle(_) => None,
        }
    }

    /// The same as the error of an oracle about `key`. A damaged record is an invalid pre-image; every other failure is
    /// [`PreimageOracleError::Other`], because it says nothing about the pre-image.
    pub(crate) fn for_key(self, key: PreimageKey) -> PreimageOracleError {
        match self {
            Self::Oracle(error) => error,
            Self::Record { path, key, reason } => {
                PreimageOracleError::Invalid { key, reason: format!("{}: {reason}", path.display()) }
            }
            error => PreimageOracleError::Other(format!("pre-image {key}: {error}")),
        }
    }
}
