//! The building blocks of a fault-proof program for the OP Stack: boot values, providers of L1, L2 and state that read
//! through a pre-image oracle, and the driver that turns a claim into a [`Verdict`].
//!
//! ```no_run
//! use tribunal_preimage::CommsClient;
//! use tribunal_proof::{BootInfo, ProofError, Silent, derive_verdict};
//!
//! fn is_true(oracle: impl CommsClient) -> Result<bool, ProofError> {
//!     let boot = BootInfo::load(&oracle)?;
//!     Ok(derive_verdict(oracle, boot, &mut Silent)?.valid)
//! }
//! ```
//!
//! If the oracle fails, or serves data that contradicts its key, the claim is *undecided*. That is a [`ProofError`],
//! never a false verdict. Batcher data can make batches and blocks invalid; it is never an error.
#![no_std]

extern crate alloc;

mod blob;
mod boot;
mod caching;
mod driver;
mod error;
mod l1;
mod l2;
mod precompile;
mod shared;
mod state;
mod verdict;

pub use blob::OracleBlobProvider;
pub use boot::BootInfo;
pub use caching::{CachingOracle, DEFAULT_CACHE_BYTES};
pub use driver::{BlockProgress, BlockReport, Silent, derive_verdict};
pub use error::ProofError;
pub use l1::OracleL1ChainProvider;
pub use l2::OracleL2ChainProvider;
pub use precompile::OraclePrecompiles;
pub use state::OracleStateProvider;
pub use verdict::{Outcome, Verdict};
