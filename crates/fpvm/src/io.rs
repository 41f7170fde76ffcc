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
///
/// Each line is formatted first and then written at once, because a VM logs each write on a line of its own. A line of more
/// than 1024 bytes takes several writes.
#[derive(Debug, Clone, Copy)]
pub struct Printer(pub FileDescriptor);

impl fmt::Write for Printer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match write(self.0, text.as_bytes()) {
            Ok(taken) if taken == text.len() => Ok(()),
            _ => Err(fmt::Error),
        }
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> fmt::Result {
        let mut lines = Lines { out: self, buffer: [0; 1024], length: 0 };
        lines.write_fmt(text)?;
        lines.flush()
    }
}

/// Collects text on the stack, since a panic handler must not allocate, and passes it on in whole lines.
struct Lines<'a, W: fmt::Write> {
    out: &'a mut W,
    buffer: [u8; 1024],
    /// Bytes of the buffer that are not written yet.
    length: usize,
}

impl<W: fmt::Write> Lines<'_, W> {
    fn flush(&mut self) -> fmt::Result {
        let text = self.buffer.get(..self.length).and_then(|bytes| str::from_utf8(bytes).ok());
        self.length = 0;
        match text {
            Some("") => Ok(()),
            Some(text) => self.out.write_str(text),
            None => Err(fmt::Error),
        }
    }
}

impl<W: fmt::Write> fmt::Write for Lines<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        if self.length + c.len_utf8() > self.buffer.len() {
            self.flush()?;
        }
        if let Some(place) = self.buffer.get_mut(self.length..) {
            self.length += c.encode_utf8(place).len();
        }
        if c == '\n' { self.flush() } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;
    use std::{string::String, vec, vec::Vec};

    /// The texts that were written.
    struct Writes(Vec<String>);

    impl fmt::Write for Writes {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push(text.into());
            Ok(())
        }
    }

    fn writes(text: fmt::Arguments<'_>) -> Vec<String> {
        let mut out = Writes(Vec::new());
        let mut lines = Lines { out: &mut out, buffer: [0; 1024], length: 0 };
        lines.write_fmt(text).and_then(|()| lines.flush()).unwrap();
        out.0
    }

    #[test]
    fn a_line_is_one_write() {
        let key = [0x02, 0xab];
        assert_eq!(
            writes(format_args!("pre-image {key:02x?}: {}\n", "gone")),
            ["pre-image [02, ab]: gone\n"]
        );
        assert_eq!(writes(format_args!("{}\n{}", 1, 2)), ["1\n", "2"]);
        assert_eq!(writes(format_args!("")), [""; 0]);
    }

    #[test]
    fn a_line_longer_than_the_buffer_is_written_whole() {
        // The last character before the end of the buffer does not fit.
        let long = std::format!("a{}", "é".repeat(600));
        let written = writes(format_args!("{long}\n"));
        assert_eq!(written.iter().map(String::len).collect::<Vec<_>>(), vec![1023, 179]);
        assert_eq!(written.concat(), long + "\n");
    }
}
