//! The OP Stack fault-proof program: reads a claim's boot values from the oracle, derives and executes the L2 chain
//! from L1 data, and says whether the claim is true.
//!
//! The same function runs natively, in a fault-proof VM, and in a zkVM. It is `no_std` and reads nothing but the
//! oracle it is given:
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
//! It fails only when the claim cannot be decided; what that can be, [`ProofError`] tells.
#![no_std]

use tribunal_preimage::CommsClient;
use tribunal_proof::{BlockProgress, BootInfo, ProofError, Verdict, derive_verdict};

/// Decides the claim that the oracle's local keys hold.
///
/// # Errors
/// When the claim cannot be decided: the oracle failed, or what it served cannot be.
pub fn run<O: CommsClient>(oracle: O, progress: &mut dyn BlockProgress) -> Result<Verdict, ProofError> {
    let boot = BootInfo::load(&oracle)?;
    derive_verdict(oracle, boot, progress)
}

/// How the program ends, as a fault-proof VM sees it.
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
