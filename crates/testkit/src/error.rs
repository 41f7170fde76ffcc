//! Why a devnet could not be made.

use thiserror::Error;
use tribunal_executor::ExecutorError;
use tribunal_mpt::TrieError;
use tribunal_rollup::RollupError;

/// Why a devnet could not be made. Invalid options and a full disk are the only causes that are not a bug in this project.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TestkitError {
    /// The options are invalid.
    #[error("invalid options: {0}")]
    Options(String),
    /// A file could not be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Pre-images could not be exported.
    #[error(transparent)]
    Host(#[from] tribunal_host::HostError),
    /// A file could not be encoded.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A block was not accepted by our own executor.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// The state could not be written.
    #[error(transparent)]
    Trie(#[from] TrieError),
    /// A protocol object could not be built.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// The commitment of a blob could not be computed.
    #[error("KZG: {0}")]
    Kzg(#[from] crate::blobs::KzgError),
    /// The L1 origin of an L2 block does not exist.
    #[error("no L1 block {0}")]
    NoOrigin(u64),
}
