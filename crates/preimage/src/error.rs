//! The error of this crate.

use crate::{ChannelError, PreimageKey};
use alloc::string::String;
use alloy_primitives::{Address, B256, FixedBytes};

/// The result of a call to the oracle, a hint or a check.
pub type PreimageOracleResult<T> = Result<T, PreimageOracleError>;

/// Why a pre-image or a hint could not be read, served or verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreimageOracleError {
    /// The store does not have this pre-image.
    #[error("pre-image {0} is missing")]
    Missing(PreimageKey),
    /// These bytes are not the pre-image of this key.
    #[error("pre-image {key} is corrupted: {reason}")]
    Invalid {
        /// The key that was asked for.
        key: PreimageKey,
        /// What is wrong with the bytes.
        reason: String,
    },
    /// The pre-image has another length than its kind must have.
    #[error("pre-image {key} has {got} bytes, expected {expected}")]
    BadLength {
        /// The key that was asked for.
        key: PreimageKey,
        /// The length it must have, in bytes.
        expected: u64,
        /// The length it has, in bytes.
        got: u64,
    },
    /// The pre-image is longer than the limit.
    #[error("pre-image {key} has {length} bytes, more than the limit of {limit}")]
    TooLarge {
        /// The key that was asked for.
        key: PreimageKey,
        /// The announced length, in bytes.
        length: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The hint is longer than the limit.
    #[error("a hint has {length} bytes, more than the limit of {limit}")]
    HintTooLarge {
        /// The announced length, in bytes.
        length: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The first byte of this key is not a type that the protocol defines.
    #[error("key {0} is of an unknown type")]
    UnknownKeyType(B256),
    /// This text is not `0x` and 64 hexadecimal digits.
    #[error("{0:?} is not a pre-image key")]
    MalformedKey(String),
    /// The peer closed the stream between two messages. For a server this is the end of its work.
    #[error("the peer closed the channel")]
    Closed,
    /// The channel failed within a message.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// An earlier failure left the stream in the middle of a message, so the bytes that follow mean nothing.
    #[error("the stream was left in the middle of a message by an earlier failure")]
    Desynchronised,
    /// This blob does not have this commitment, and the wrong element is not known (more than one byte differs).
    #[error("the blob with commitment {commitment} is corrupted")]
    BlobMismatch {
        /// The KZG commitment, compressed.
        commitment: FixedBytes<48>,
    },
    /// This is not the compressed form of a point of the right group.
    #[error("{commitment} is not a KZG commitment")]
    BadCommitment {
        /// The bytes that were given for a commitment.
        commitment: FixedBytes<48>,
    },
    /// There is no precompiled contract at this address that the host may run.
    #[error("there is no accelerated precompile at {0}")]
    UnknownPrecompile(Address),
    /// The store does not have this pre-image, and no source gave it.
    #[error("pre-image {key} is not in the store and could not be fetched: {reason}")]
    Unobtainable {
        /// The key that was asked for.
        key: PreimageKey,
        /// What became of each hint that was followed: the hint, where it led, and what came back.
        reason: String,
    },
    /// A failure of what a server reads from: a store, a file, a network.
    #[error("{0}")]
    Other(String),
}

impl PreimageOracleError {
    /// The key of the pre-image that the error is about, where it is about a single one.
    #[must_use]
    pub const fn key(&self) -> Option<PreimageKey> {
        match self {
            Self::Missing(key)
            | Self::Invalid { key, .. }
            | Self::BadLength { key, .. }
            | Self::TooLarge { key, .. }
            | Self::Unobtainable { key, .. } => Some(*key),
            _ => None,
        }
    }
}
