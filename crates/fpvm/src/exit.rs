//! The exit code of a program.

use crate::{FileDescriptor, io::Printer};
use core::fmt::{Display, Write};

/// The exit code of a program that panicked or failed: the VM's state is then neither valid nor invalid.
pub const PANICKED: u8 = 2;

/// The return types of an entry point.
pub trait ExitStatus {
    /// The exit code for the value.
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
    /// An error is printed on standard error and ends the program like a panic.
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
