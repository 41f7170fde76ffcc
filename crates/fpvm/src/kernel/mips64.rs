//! System calls of a MIPS64 fault-proof VM, which are those of Linux (n64).

use super::BasicKernelInterface;
use crate::{FileDescriptor, IoError, IoResult};
use core::arch::asm;

const READ: usize = 5000;
const WRITE: usize = 5001;
const MMAP: usize = 5009;
const EXIT_GROUP: usize = 5205;

/// MIPS64 without an operating system.
#[derive(Debug)]
pub struct Mips64;

impl BasicKernelInterface for Mips64 {
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
        unsafe {
            asm!("syscall", in("$2") EXIT_GROUP, in("$4") usize::from(code), options(noreturn, nostack))
        }
    }

    fn fill(descriptor: FileDescriptor, buf: &mut [u8]) -> IoResult<usize> {
        // SAFETY: the buffer is ours to write, and the calls write no more than its length.
        unsafe { transfer(READ, descriptor, buf.as_mut_ptr() as usize, buf.len()) }
    }

    fn drain(descriptor: FileDescriptor, buf: &[u8]) -> IoResult<usize> {
        // SAFETY: the calls read the buffer, no further than its length.
        unsafe { transfer(WRITE, descriptor, buf.as_ptr() as usize, buf.len()) }
    }
}

/// One system call of up to three arguments.
///
/// # Safety
/// What the call does to memory must be allowed.
unsafe fn call(number: usize, first: usize, second: usize, third: usize) -> IoResult<usize> {
    let (value, failed): (usize, usize);
    // SAFETY: as the caller promises; the kernel may change the registers named here and no others.
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

/// Repeats a read or write until all is transferred. A fault-proof VM moves at most eight bytes of a pre-image or of a key
/// in a call, so that this loop is run for every word of every pre-image: five instructions a word, the call included.
///
/// # Safety
/// As for [`call`], for the whole of the buffer.
unsafe fn transfer(number: usize, descriptor: FileDescriptor, address: usize, len: usize) -> IoResult<usize> {
    if len == 0 {
        return Ok(0);
    }
    let end = address + len;
    let (reached, value, failed): (usize, usize, usize);
    // SAFETY: as the caller promises; the kernel may change the registers named here and no others. $6 is more than is
    // left after the first call only when the stream ends before the buffer, where the kernel takes its own bounds: see
    // below, it is set again each time.
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
            in("$4") descriptor as usize,
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
