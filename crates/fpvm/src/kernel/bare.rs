//! A fault-proof VM: it has no operating system, and Linux's system calls.

#[cfg_attr(target_arch = "mips64", path = "bare/mips64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "bare/riscv64.rs")]
mod arch;

use super::BasicKernelInterface;
use crate::{FileDescriptor, IoResult};

/// A fault-proof VM.
#[derive(Debug)]
pub struct Bare;

impl BasicKernelInterface for Bare {
    fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
        // SAFETY: the buffer is borrowed mutably, and the call writes no more than its length.
        unsafe { arch::call(arch::READ, descriptor as usize, buf.as_mut_ptr() as usize, buf.len()) }
    }

    fn write(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
        // SAFETY: the call reads no more than the length of the buffer.
        unsafe { arch::call(arch::WRITE, descriptor as usize, buf.as_ptr() as usize, buf.len()) }
    }

    fn map(size: usize) -> IoResult<*mut u8> {
        // SAFETY: with the hint 0, the call maps new memory, to which no reference exists.
        let address = unsafe { arch::call(arch::MMAP, 0, size, 0) }?;
        Ok(core::ptr::with_exposed_provenance_mut(address))
    }

    fn exit(code: u8) -> ! {
        arch::exit(code)
    }

    #[cfg(target_arch = "mips64")]
    fn fill(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
        // SAFETY: the buffer is borrowed mutably, and the calls write no more than its length.
        unsafe { arch::transfer(arch::READ, descriptor as usize, buf.as_mut_ptr() as usize, buf.len()) }
    }

    #[cfg(target_arch = "mips64")]
    fn drain(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
        // SAFETY: the calls read no more than the length of the buffer.
        unsafe { arch::transfer(arch::WRITE, descriptor as usize, buf.as_ptr() as usize, buf.len()) }
    }
}
