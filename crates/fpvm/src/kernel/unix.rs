//! The native platform.

use super::BasicKernelInterface;
use crate::{FileDescriptor, IoError, IoResult};
use core::ptr;

/// Unix, through the C library.
#[derive(Debug)]
pub struct Unix;

impl BasicKernelInterface for Unix {
    fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
        // SAFETY: the buffer is borrowed mutably, and the call writes no more than its length.
        uninterrupted(|| unsafe { libc::read(descriptor as i32, buf.as_mut_ptr().cast(), buf.len()) })
    }

    fn write(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
        // SAFETY: the call reads no more than the length of the buffer.
        match uninterrupted(|| unsafe { libc::write(descriptor as i32, buf.as_ptr().cast(), buf.len()) }) {
            // The reader is gone.
            Err(IoError { code: libc::EPIPE }) => Ok(0),
            result => result,
        }
    }

    fn map(size: usize) -> IoResult<*mut u8> {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: with the hint 0, the call maps new memory, to which no reference exists.
        let address = unsafe { libc::mmap(ptr::null_mut(), size, access, kind, -1, 0) };
        if address == libc::MAP_FAILED { Err(last_error()) } else { Ok(address.cast()) }
    }

    fn exit(code: u8) -> ! {
        // SAFETY: the call runs the exit handlers of the process and does not return.
        unsafe { libc::exit(code.into()) }
    }
}

/// Repeats a call while signals interrupt it.
fn uninterrupted(mut call: impl FnMut() -> isize) -> IoResult<usize> {
    loop {
        match usize::try_from(call()).map_err(|_| last_error()) {
            Err(error) if error.code == libc::EINTR => {}
            result => return result,
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
use libc::__errno_location as errno_location;
#[cfg(any(target_os = "macos", target_os = "ios", target_os = "freebsd"))]
use libc::__error as errno_location;

fn last_error() -> IoError {
    // SAFETY: the C library has an error number for each thread, which lives as long as the thread.
    IoError { code: unsafe { *errno_location() } }
}
