//! What the program's exit status says.

use std::process::ExitCode;

/// The exit code when the reader of standard output has gone before everything was written: what a shell shows for a
/// program that SIGPIPE ended.
pub(crate) const CLOSED: u8 = 128 + 13;

/// The three answers the program can end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// Every claim is true (or what was asked for was done).
    True,
    /// A claim is false (or a comparison failed).
    False,
    /// Something could not be decided: a pre-image is missing or corrupt, or the input is bad.
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
