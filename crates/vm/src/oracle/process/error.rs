//! What goes wrong with a pre-image server.

use std::{ffi::OsString, io, process::ExitStatus, time::Duration};

/// Why a pre-image server did not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// It could not be started.
    #[error("cannot start the pre-image server {}: {source}", program.display())]
    Start {
        /// The program.
        program: OsString,
        /// Why not.
        source: io::Error,
    },
    /// It ended, or closed its end of a pipe.
    #[error("the pre-image server {}", match status {
        Some(status) => format!("ended ({status})"),
        None => "closed its end".to_owned(),
    })]
    Closed {
        /// How it ended, if it did.
        status: Option<ExitStatus>,
    },
    /// It does nothing.
    #[error("the pre-image server did nothing for {timeout:?}")]
    Stalled {
        /// For how long it was waited for.
        timeout: Duration,
    },
    /// It announces more than is taken.
    #[error("the pre-image server announces {announced} bytes, and at most {most} are taken")]
    TooLong {
        /// What it announces, in bytes.
        announced: u64,
        /// The limit.
        most: u64,
    },
    /// It sends more than it announced, or out of turn.
    #[error("the pre-image server sends more than was asked for")]
    Unasked,
    /// The guest's hint does not fit the protocol.
    #[error("a hint of {length} bytes is too long for the protocol")]
    HintTooLong {
        /// Its length.
        length: usize,
    },
    /// Whoever waited lost interest.
    #[error("interrupted")]
    Cancelled,
    /// A pipe failed in another way.
    #[error("the pipe to the pre-image server failed: {0}")]
    Pipe(#[from] io::Error),
}
