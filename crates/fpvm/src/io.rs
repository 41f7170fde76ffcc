//! Input, output and the end of the program.

use crate::{BasicKernelInterface, FileDescriptor, Kernel};
use core::fmt;

/// What reading and writing return.
pub type IoResult<T> = Result<T, IoError>;

/// The system refused to read, write or give memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoError {
    /// The system's error number.
    pub code: i32,
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the system call failed with error number {}", self.code)
    }
}

impl core::error::Error for IoError {}

/// Writes text to standard output. Nobody may be listening, so that a failure is no concern of the program.
pub fn print(text: &str) {
    let _ = write(FileDescriptor::StdOut, text.as_bytes());
}

/// Writes text to standard error; as [`print`].
pub fn print_err(text: &str) {
    let _ = write(FileDescriptor::StdErr, text.as_bytes());
}

/// Fills `buf` and says how many bytes came: fewer than `buf` has if the stream ended.
///
/// Do not ask for more of a pre-image than is left of it: a fault-proof VM stops a program that does.
///
/// # Errors
/// If the descriptor cannot be read from.
pub fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
    Kernel::fill(descriptor, buf)
}

/// Writes all of `buf` and says how many bytes were taken: fewer than `buf` has if nobody takes the rest.
///
/// # Errors
/// If the descriptor cannot be written to.
pub fn write(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
    Kernel::drain(descriptor, buf)
}

/// Ends the program.
pub fn exit(code: u8) -> ! {
    Kernel::exit(code)
}

/// Standard output and standard error as something to format into: `write!(Printer(FileDescriptor::StdErr), …)`.
#[derive(Debug, Clone, Copy)]
pub struct Printer(pub FileDescriptor);

impl fmt::Write for Printer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match write(self.0, text.as_bytes()) {
            Ok(taken) if taken == text.len() => Ok(()),
            _ => Err(fmt::Error),
        }
    }
}
