//! System calls of a RISC-V fault-proof VM, which are those of Linux.

use crate::{IoError, IoResult};
use core::arch::asm;

pub(super) const READ: usize = 63;
pub(super) const WRITE: usize = 64;
const EXIT_GROUP: usize = 94;
pub(super) const MMAP: usize = 222;

/// Ends the program.
pub(super) fn exit(code: u8) -> ! {
    // SAFETY: the call does not return.
    unsafe { asm!("ecall", in("a7") EXIT_GROUP, in("a0") usize::from(code), options(noreturn, nostack)) }
}

/// One system call of up to three arguments.
///
/// # Safety
/// The caller must own the memory that the call reads and writes.
pub(super) unsafe fn call(number: usize, first: usize, second: usize, third: usize) -> IoResult<usize> {
    let value: isize;
    // SAFETY: the caller ensures it for memory; the kernel changes a0, and a fault-proof VM also a1.
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
