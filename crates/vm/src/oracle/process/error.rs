//! Failures of a pre-image server.

use std::{ffi::OsString, io, process::ExitStatus, time::Duration};

/// Why a request to a pre-image server failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The server could not be started.
    #[error("cannot start the pre-image server {}: {source}", program.display())]
    Start {
        /// The program.
        program: OsString,
        /// The cause.
        source: io::Error,
    },
    /// The server ended before it read any request.
    #[error("the pre-image server ended ({status}) before it answered the first request")]
    NeverServed {
        /// How it ended.
        status: ExitStatus,
    },
    /// The server ended, or closed its end of a pipe.
    #[error("the pre-image server {}", match status {
        Some(status) => format!("ended ({status})"),
        None => "closed its end".to_owned(),
    })]
    Closed {
        /// Its exit status, if it has ended.
        status: Option<ExitStatus>,
    },
    /// The server made no progress.
    #[error("the pre-image server made no progress for {timeout:?}")]
    Stalled {
        /// The limit.
        timeout: Duration,
    },
    /// The server announced a pre-image that is longer than the limit.
    #[error("the pre-image server announces {announced} bytes, the limit is {most}")]
    TooLong {
        /// The announced length, in bytes.
        announced: u64,
        /// The limit.
        most: u64,
    },
    /// The server sent more than it announced, or sent without a request.
    #[error("the pre-image server sent more than it was asked for")]
    Unasked,
    /// The guest's hint does not fit the protocol.
    #[error("a hint of {length} bytes is too long for the protocol, which has 4 bytes for the length")]
    HintTooLong {
        /// The hint's length, in bytes.
        length: usize,
    },
    /// The run was cancelled.
    #[error("interrupted")]
    Cancelled,
    /// A pipe failed in another way.
    #[error("the pipe to the pre-image server failed: {0}")]
    Pipe(#[from] io::Error),
}
