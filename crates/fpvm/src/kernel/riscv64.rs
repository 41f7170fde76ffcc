//! System calls of a RISC-V fault-proof VM, which are those of Linux.

use super::BasicKernelInterface;
use crate::{FileDescriptor, IoError, IoResult};
use core::arch::asm;

const READ: usize = 63;
const WRITE: usize = 64;
const EXIT_GROUP: usize = 94;
const MMAP: usize = 222;

/// RISC-V with 64 bits and without an operating system.
#[derive(Debug)]
pub struct Riscv64;

impl BasicKernelInterface for Riscv64 {
    fn read(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
        // SAFETY: the buffer is ours to write, and the call writes no more than its length.
        unsafe { call(READ, descriptor as usize, buf.as_mut_ptr() as usize, buf.len()) }
    }

    fn write(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
        // SAFETY: the call reads the buffer, no further than its length.
        unsafe { call(WRITE, descriptor as usize, buf.as_ptr() as usize, buf.len()) }
    }

    fn map(size: usize) -> IoResult<*mut u8> {
        // SAFETY: with the hint 0, new memory is mapped, which nobody knows yet.
        let address = unsafe { call(MMAP, 0, size, 0) }?;
        Ok(core::ptr::with_exposed_provenance_mut(address))
    }

    fn exit(code: u8) -> ! {
        // SAFETY: the call does not return.
        unsafe { asm!("ecall", in("a7") EXIT_GROUP, in("a0") usize::from(code), options(noreturn, nostack)) }
    }
}

/// One system call of up to three arguments.
///
/// # Safety
/// What the call does to memory must be allowed.
unsafe fn call(number: usize, first: usize, second: usize, third: usize) -> IoResult<usize> {
    let value: isize;
    // SAFETY: as the caller promises; the kernel changes a0, and a fault-proof VM also a1.
    unsafe {
        asm!(
            "ecall",
            in("a7") number,
            inlateout("a0") first => value,
            inlateout("a1") second => _,
            in("a2") third,
            options(nostack)
        );
    }
    // Errors are the negated numbers -4095 to -1.
    match value {
        -4095..=-1 => Err(IoError { code: -value as i32 }),
        _ => Ok(value as usize),
    }
}
