//! Why a request to a pre-image server fails.

use std::{ffi::OsString, io, process::ExitStatus, time::Duration};

/// Why a request to a pre-image server failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The server could not be started.
    #[error("cannot start the pre-image server {}: {source}", program.display())]
    Start {
        /// The server's program.
        program: OsString,
        /// The cause.
        source: io::Error,
    },
    /// The server ended before it read a byte of any request. If it ends later, the error is
    /// [`ServerError::Closed`].
    #[error("the pre-image server ended ({status}) before it read any request")]
    NeverServed {
        /// The server's exit status.
        status: ExitStatus,
    },
    /// The server ended, or closed its end of a pipe.
    #[error("the pre-image server {}", match status {
        Some(status) => format!("ended ({status})"),
        None => "closed its end of a pipe".to_owned(),
    })]
    Closed {
        /// The server's exit status, if it has ended.
        status: Option<ExitStatus>,
    },
    /// A wait for the server lasted as long as the time limit. The server was to read the rest of a request, or to
    /// answer.
    #[error("the pre-image server made no progress for {timeout:?}")]
    Stalled {
        /// The time limit.
        timeout: Duration,
    },
    /// The server announced a pre-image that is longer than the limit.
    #[error("the pre-image server announces {announced} bytes for a pre-image, and the limit is {max} bytes")]
    TooLong {
        /// The announced length, in bytes.
        announced: u64,
        /// The limit, in bytes.
        max: u64,
    },
    /// The server sent bytes when no request was pending, or more bytes after a complete answer.
    #[error("the pre-image server sent more than it was asked for")]
    UnexpectedBytes,
    /// The guest's hint is too long.
    #[error("a hint of {length} bytes is too long: the protocol encodes the length in 4 bytes")]
    HintTooLong {
        /// The hint's length, in bytes.
        length: usize,
    },
    /// The request had to wait for the server, and [`crate::ServerLimits::cancelled`] was set.
    #[error("interrupted")]
    Cancelled,
    /// A system call for a pipe failed for another reason.
    #[error("the pipe to the pre-image server failed: {0}")]
    Pipe(#[from] io::Error),
}
