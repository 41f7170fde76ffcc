//! The guest SDK, for programs that run in a fault-proof VM and natively, from the same source. A fault-proof VM has no
//! operating system, only a few system calls. The SDK provides an entry point ([`client_entry`]), output ([`io`]), a heap,
//! a panic handler, [`block_on`] for `async` code, and the pre-image oracle ([`oracle`]).
//!
//! ```
//! // In a program: #![cfg_attr(target_os = "none", no_std, no_main)]
//! use tribunal_fpvm::{client_entry, io};
//!
//! #[client_entry]
//! fn main() {
//!     io::print("hello from a guest\n");
//! }
//! ```
//!
//! # Failure
//! Reading and writing fail with an [`IoError`], which has the system's error number. A program that panics, or whose entry
//! point returns an error, prints the message on standard error and exits with [`PANICKED`].
//!
//! # Platforms
//! All input and output goes through [`BasicKernelInterface`], which has one implementation for each platform: MIPS64 and
//! RISC-V 64 without an operating system, and Unix. [`Kernel`] is that of the target.

#![no_std]
// Guests for MIPS64 are built with the standard library's sources, where unstable features may be used; this is the one.
#![cfg_attr(target_arch = "mips64", feature(asm_experimental_arch))]

mod channel;
mod descriptor;
mod executor;
mod exit;
#[cfg(any(target_os = "none", test))]
mod heap;
pub mod io;
#[cfg(target_os = "none")]
mod keccak;
mod kernel;
#[cfg(all(target_os = "none", target_arch = "mips64"))]
mod memory;
mod oracle;
#[cfg(target_os = "none")]
mod runtime;

pub use channel::DescriptorChannel;
pub use descriptor::FileDescriptor;
pub use executor::block_on;
pub use exit::{ExitStatus, PANICKED};
pub use io::{IoError, IoResult};
pub use kernel::{BasicKernelInterface, Kernel};
pub use oracle::{Oracle, oracle};
pub use tribunal_fpvm_macros::client_entry;

#[cfg(test)]
extern crate std;

/// Limits the heap to `bytes`, as the option of [`client_entry`] does. Has no effect natively.
#[cfg_attr(not(target_os = "none"), allow(unused_variables))]
pub fn limit_heap(bytes: usize) {
    #[cfg(target_os = "none")]
    runtime::HEAP.limit(bytes);
}
