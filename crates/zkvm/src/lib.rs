//! STARK proofs of MIPS64 execution.

#![cfg_attr(not(feature = "record"), no_std)]
// The tables are described once. The verifier alone does not use the parts that fill them.
#![cfg_attr(not(feature = "prove"), allow(dead_code, unused_imports))]

extern crate alloc;

mod air;
mod bus;
mod calls;
mod decode;
mod file;
mod hash;
mod machine;
#[cfg(any(test, feature = "record"))]
mod one_row;
mod oracle;
#[cfg(feature = "prove")]
mod prove;
#[cfg(feature = "prove")]
mod rehearse;
mod row;
mod run;
pub mod stark;
mod statement;
mod tables;
#[cfg(all(test, feature = "record"))]
mod testing;
#[cfg(all(test, feature = "prove"))]
mod tests;
#[cfg(feature = "record")]
mod trace;
mod word;
#[cfg(feature = "prove")]
mod work_dir;

pub use file::Unreadable;
pub use hash::Digest;
pub use machine::{Invalid, OracleProof, SegmentProof, Setup};
pub use oracle::{InvalidOracle, LocalInput, OracleKind, OracleStatement};
#[cfg(feature = "prove")]
pub use prove::{
    NotProven, Options, Plan, Progress, TableSize, program, prove_plain, prove_run, prove_run_with,
};
#[cfg(feature = "prove")]
pub use rehearse::{Rehearsal, rehearse};
pub use run::{InvalidRun, Program, ProgramId, RunProof, RunStatement};
pub use statement::{MOST_STEPS, Position, SegmentStatement};
#[cfg(feature = "record")]
pub use trace::{NotProvable, Preimage, Reason, Unprovable};
#[cfg(feature = "prove")]
pub use work_dir::WorkDirError;
