//! The border between a guest and the outside.

use crate::{FileDescriptor, IoResult};

#[cfg(target_os = "none")]
mod bare;
#[cfg(unix)]
mod unix;

/// The platform that is compiled for.
#[cfg(target_os = "none")]
pub type Kernel = bare::Bare;
/// The platform that is compiled for.
#[cfg(unix)]
pub type Kernel = unix::Unix;

/// The system calls that a guest makes, and all of them.
pub trait BasicKernelInterface {
    /// Reads at least one and at most `buf.len()` bytes, with one system call, and says how many; 0 at the stream's end.
    ///
    /// # Errors
    /// As the system says.
    fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize>;

    /// Writes at least one byte of `buf`, with one system call, and says how many were taken; 0 if they never will be.
    ///
    /// # Errors
    /// As the system says.
    fn write(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize>;

    /// Zeroed memory of at least `size` bytes, aligned to 4096, that is ours until the end.
    ///
    /// # Errors
    /// If there is no more.
    fn map(size: usize) -> IoResult<*mut u8>;

    /// Ends the program.
    fn exit(code: u8) -> !;

    /// Reads until `buf` is full or the stream ends, and says how many bytes came.
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

    /// Writes until nothing of `buf` is left or nobody takes it, and says how many bytes were taken.
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
