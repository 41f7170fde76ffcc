//! Input, output and the end of the program.

use crate::{BasicKernelInterface, FileDescriptor, Kernel};
use core::fmt;

/// The result of reading and writing.
pub type IoResult<T> = Result<T, IoError>;

/// The system refused to read, to write or to allocate memory.
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

/// Writes text to standard output. Ignores failures, because the reader may be gone.
pub fn print(text: &str) {
    let _ = write(FileDescriptor::StdOut, text.as_bytes());
}

/// Writes text to standard error, as [`print`] does.
pub fn print_err(text: &str) {
    let _ = write(FileDescriptor::StdErr, text.as_bytes());
}

/// Reads until `buf` is full or the stream ends. Returns the number of bytes read.
///
/// Do not read past the end of a pre-image: a fault-proof VM stops a program that does.
///
/// # Errors
/// If the descriptor cannot be read from.
pub fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
    Kernel::fill(descriptor, buf)
}

/// Writes all of `buf`. Returns the number of bytes written: fewer than `buf` has if the reader is gone.
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

/// Formats to standard output or standard error: `write!(Printer(FileDescriptor::StdErr), …)`.
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
