//! The program's exit status.

use std::process::ExitCode;

/// The exit code when the reader of standard output has gone before everything was written: what a shell shows for a
/// program that SIGPIPE ended.
pub(crate) const CLOSED: u8 = 128 + 13;

/// The three results of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Every claim is true (or the command succeeded).
    True,
    /// A claim is false (or a comparison failed).
    False,
    /// A claim could not be decided (or the command failed): a pre-image is missing or corrupt, or the input is wrong.
    Undecided,
}

impl Status {
    /// The worse of the two: undecided beats false beats true.
    pub(crate) fn and(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        match status {
            Status::True => Self::SUCCESS,
            Status::False => Self::from(1),
            Status::Undecided => Self::from(2),
        }
    }
}
