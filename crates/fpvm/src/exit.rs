//! How a program ends.

use crate::{FileDescriptor, io::Printer};
use core::fmt::{Display, Write};

/// The exit code of a program that panicked or failed: by it, a VM's state is neither valid nor invalid.
pub const PANICKED: u8 = 2;

/// What an entry point may return.
pub trait ExitStatus {
    /// The exit code that stands for it.
    fn code(self) -> u8;
}

impl ExitStatus for () {
    fn code(self) -> u8 {
        0
    }
}

impl ExitStatus for u8 {
    fn code(self) -> u8 {
        self
    }
}

impl<T: ExitStatus, E: Display> ExitStatus for Result<T, E> {
    /// An error is printed on standard error and ends the program as a panic would.
    fn code(self) -> u8 {
        match self {
            Ok(value) => value.code(),
            Err(error) => {
                let _ = writeln!(Printer(FileDescriptor::StdErr), "error: {error}");
                PANICKED
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_for_their_value_or_for_failure() {
        assert_eq!(Ok::<(), &str>(()).code(), 0);
        assert_eq!(Ok::<u8, &str>(7).code(), 7);
        assert_eq!(Err::<u8, _>("nothing").code(), PANICKED);
    }
}
