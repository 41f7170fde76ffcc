//! The frame of a system call: the instruction, the registers that every call reads and writes, and a message to the row
//! that says what the call does. The results that depend on no argument are looked up here.

mod air;
mod columns;
#[cfg(all(test, feature = "record"))]
mod tests;
#[cfg(feature = "record")]
mod trace;

pub(crate) use air::Syscall;
pub(crate) use columns::SyscallRow;
