//! Standard output and standard error: all that the program says goes through here.
//!
//! Results go to standard output. A result that cannot be written is an [`OutputError`], since the caller must not take
//! silence for success. Everything else goes to standard error, and is dropped if that cannot be written.

use anyhow::Error;
use serde_json::Map;
use std::{
    fmt::Display,
    io::{self, BufWriter, ErrorKind, Write},
};

use crate::{logging::json_line, steps};

/// Why a result could not be written to standard output.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// The reader of a pipe has gone, as `head` does when it has enough.
    #[error("standard output was closed")]
    Closed,
    /// Anything else, such as a full disk.
    #[error("cannot write to standard output: {0}")]
    Failed(#[source] io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

/// Prints a line to standard output.
///
/// # Errors
/// [`OutputError`]; the line may have been written in part.
pub(crate) fn line(text: impl Display) -> Result<(), OutputError> {
    write(|out| writeln!(out, "{text}"))
}

/// Has `content` written to standard output.
///
/// # Errors
/// [`OutputError`], which takes every error of `content` for one of standard output.
#[allow(clippy::disallowed_methods, reason = "this is where standard output is written")]
pub(crate) fn write(content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), OutputError> {
    let mut out = BufWriter::new(io::stdout().lock());
    Ok(content(&mut out).and_then(|()| out.flush())?)
}

/// Prints a line to standard error, if that can be written. Where log lines are JSON, it is one at level info.
pub(crate) fn message(text: impl Display) {
    say("INFO", "", text);
}

/// Prints a warning to standard error.
pub(crate) fn warning(text: impl Display) {
    say("WARN", "warning: ", text);
}

/// Prints an error to standard error.
pub(crate) fn error(text: impl Display) {
    say("ERROR", "error: ", text);
}

fn say(level: &str, prefix: &str, text: impl Display) {
    let text = text.to_string();
    let fields = || Map::from_iter([("message".to_owned(), text.clone().into())]);
    let line = json_line(level, env!("CARGO_PKG_NAME"), fields);
    raw(line.unwrap_or_else(|| format!("{prefix}{text}")));
}

/// Prints a line to standard error as it is.
pub(crate) fn raw(line: impl Display) {
    let _ = Messages.write_all(format!("{line}\n").as_bytes());
}

/// Standard error as a writer that never fails: text that cannot be written is dropped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Messages;

impl Write for Messages {
    #[allow(clippy::disallowed_methods, reason = "this is where standard error is written")]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = steps::aside(|| io::stderr().write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a command ended because the reader of its output has gone. That is no error to report.
pub(crate) fn is_closed(error: &Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(OutputError::Closed)))
}
