//! System calls of a MIPS64 fault-proof VM, which are those of Linux (n64).

use crate::{IoError, IoResult};
use core::arch::asm;

pub(super) const READ: usize = 5000;
pub(super) const WRITE: usize = 5001;
pub(super) const MMAP: usize = 5009;
const EXIT_GROUP: usize = 5205;

/// Ends the program.
pub(super) fn exit(code: u8) -> ! {
    // SAFETY: the call does not return.
    unsafe { asm!("syscall", in("$2") EXIT_GROUP, in("$4") usize::from(code), options(noreturn, nostack)) }
}

/// One system call of up to three arguments.
///
/// # Safety
/// The caller must own the memory that the call reads and writes.
pub(super) unsafe fn call(number: usize, first: usize, second: usize, third: usize) -> IoResult<usize> {
    let (value, failed): (usize, usize);
    // SAFETY: the caller ensures it for memory; the kernel changes only the registers named here.
    unsafe {
        asm!(
            "syscall",
            inlateout("$2") number => value,
            in("$4") first,
            in("$5") second,
            in("$6") third,
            lateout("$7") failed,
            out("$3") _, out("$8") _, out("$9") _, out("$10") _, out("$11") _, out("$12") _,
            out("$13") _, out("$14") _, out("$15") _, out("$24") _, out("$25") _,
            options(nostack)
        );
    }
    if failed == 0 { Ok(value) } else { Err(IoError { code: value as i32 }) }
}

/// Repeats a read or write until all bytes are transferred. A fault-proof VM transfers at most eight bytes of a pre-image or
/// of a key in a call, so this loop runs for every word of every pre-image: five instructions a word, the call included.
///
/// # Safety
/// As for [`call`], for the whole of the buffer.
pub(super) unsafe fn transfer(
    number: usize,
    descriptor: usize,
    address: usize,
    len: usize,
) -> IoResult<usize> {
    if len == 0 {
        return Ok(0);
    }
    let end = address + len;
    let (reached, value, failed): (usize, usize, usize);
    // SAFETY: the caller ensures it for memory; the kernel changes only the registers named here. $5 and $6 advance by
    // what each call transferred, so no call goes past the end of the buffer.
    unsafe {
        asm!(
            ".set push",
            ".set noreorder",
            "2: syscall",
            "bnez $7, 3f",
            "dsubu $6, $6, $2",
            "beqz $2, 3f",
            "daddu $5, $5, $2",
            "bne $5, $16, 2b",
            "move $2, $17",
            "3:",
            ".set pop",
            in("$16") end,
            in("$17") number,
            inlateout("$2") number => value,
            in("$4") descriptor,
            inlateout("$5") address => reached,
            inlateout("$6") len => _,
            lateout("$7") failed,
            out("$3") _, out("$8") _, out("$9") _, out("$10") _, out("$11") _, out("$12") _,
            out("$13") _, out("$14") _, out("$15") _, out("$24") _, out("$25") _,
            options(nostack)
        );
    }
    if failed == 0 { Ok(reached - address) } else { Err(IoError { code: value as i32 }) }
}
