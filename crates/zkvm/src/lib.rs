//! STARK proofs of MIPS64 execution.

#![cfg_attr(not(feature = "prove"), no_std)]

extern crate alloc;

mod air;
mod bus;
mod decode;
#[cfg(any(test, feature = "prove"))]
mod one_row;
mod row;
pub mod stark;
mod tables;
#[cfg(all(test, feature = "prove"))]
mod testing;
#[cfg(feature = "prove")]
mod trace;
mod word;
