//! The system calls of a guest.

use crate::{FileDescriptor, IoResult};

#[cfg(target_os = "none")]
mod bare;
#[cfg(unix)]
mod unix;

/// The target platform.
#[cfg(target_os = "none")]
pub type Kernel = bare::Bare;
/// The target platform.
#[cfg(unix)]
pub type Kernel = unix::Unix;

/// All system calls that a guest makes.
pub trait BasicKernelInterface {
    /// Reads at least one and at most `buf.len()` bytes with one system call. Returns how many; 0 at the end of the stream.
    ///
    /// # Errors
    /// The system's error.
    fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize>;

    /// Writes at least one byte of `buf` with one system call. Returns how many; 0 if the reader is gone.
    ///
    /// # Errors
    /// The system's error.
    fn write(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize>;

    /// Zeroed memory of at least `size` bytes, aligned to 4096, which is never returned to the system.
    ///
    /// # Errors
    /// If no memory is left.
    fn map(size: usize) -> IoResult<*mut u8>;

    /// Ends the program.
    fn exit(code: u8) -> !;

    /// Reads until `buf` is full or the stream ends. Returns the number of bytes read.
    ///
    /// # Errors
    /// As [`BasicKernelInterface::read`].
    fn fill(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
        let mut filled = 0;
        while let Some(rest @ [_, ..]) = buf.get_mut(filled..) {
            match Self::read(descriptor, rest)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Writes until all of `buf` is written or the reader is gone. Returns the number of bytes written.
    ///
    /// # Errors
    /// As [`BasicKernelInterface::write`].
    fn drain(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
        let mut taken = 0;
        while let Some(rest @ [_, ..]) = buf.get(taken..) {
            match Self::write(descriptor, rest)? {
                0 => break,
                written => taken += written,
            }
        }
        Ok(taken)
    }
}
