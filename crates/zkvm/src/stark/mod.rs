//! The proof system: the field, its extension, the hash and the polynomial commitment, all from Plonky3.
//!
//! The rest of the crate names the types of this module and none of Plonky3's own, so that another release, or another
//! prover for the same proofs, changes this module only.

mod config;
mod security;

#[cfg(feature = "prove")]
pub(crate) use config::Domain;
pub use config::{Challenge, Config, Val};
pub use security::{Parameters, Regime, Security, Size};
