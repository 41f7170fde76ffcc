//! STARK proofs of MIPS64 execution.

#![cfg_attr(not(feature = "record"), no_std)]

extern crate alloc;

mod air;
mod bus;
mod calls;
mod decode;
mod hash;
#[cfg(any(test, feature = "record"))]
mod one_row;
#[cfg(feature = "prove")]
mod prove;
mod row;
pub mod stark;
mod statement;
mod tables;
#[cfg(all(test, feature = "record"))]
mod testing;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "record")]
mod trace;
mod verify;
mod word;

pub use hash::Digest;
#[cfg(feature = "prove")]
pub use prove::ProvingFailed;
pub use statement::{MOST_STEPS, Position, SegmentStatement};
#[cfg(feature = "record")]
pub use trace::{NotProvable, Reason};
pub use verify::{Invalid, SegmentProof};
