//! The OP Stack fault-proof program: reads a claim's boot values from the oracle, derives and executes the L2 chain
//! from L1 data, and says whether the claim is true.
//!
//! The same function runs natively and in a fault-proof VM. It is `no_std`, and its only input is the oracle:
//!
//! ```no_run
//! use tribunal_client::{ExitCode, run};
//! use tribunal_preimage::CommsClient;
//! use tribunal_proof::Silent;
//!
//! fn main_with(oracle: impl CommsClient) -> i32 {
//!     ExitCode::of(&run(oracle, &mut Silent)) as i32
//! }
//! ```
//!
//! It fails only if the claim cannot be decided; [`ProofError`] lists the reasons.
#![no_std]

use tribunal_preimage::CommsClient;
use tribunal_proof::{BlockProgress, BootInfo, ProofError, Verdict, derive_verdict};

/// Decides the claim that the oracle's local keys hold.
///
/// # Errors
/// If the claim cannot be decided: the oracle failed, or served data that contradicts its key.
pub fn run<O: CommsClient>(oracle: O, progress: &mut dyn BlockProgress) -> Result<Verdict, ProofError> {
    let boot = BootInfo::load(&oracle)?;
    derive_verdict(oracle, boot, progress)
}

/// The exit code of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum ExitCode {
    /// The claim is true.
    True = 0,
    /// The claim is false.
    False = 1,
    /// The claim could not be decided.
    Undecided = 2,
}

impl ExitCode {
    /// The exit code for a result of [`run`].
    pub fn of(result: &Result<Verdict, ProofError>) -> Self {
        match result {
            Ok(verdict) if verdict.valid => Self::True,
            Ok(_) => Self::False,
            Err(_) => Self::Undecided,
        }
    }
}
