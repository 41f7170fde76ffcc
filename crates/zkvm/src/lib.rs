//! STARK proofs of MIPS64 execution.

#![cfg_attr(not(feature = "prove"), no_std)]

extern crate alloc;

mod air;
mod bus;
mod row;
pub mod stark;
mod tables;
mod word;
