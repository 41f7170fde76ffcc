//! The host of a fault-proof program: keeps pre-images, checks them against their keys, and serves them and hints to a
//! program, in the same process or over file descriptors. It serves what its store has, and asks a [`Source`] for the
//! rest, if it has one.
//!
//! ```
//! use std::sync::Arc;
//! use tribunal_host::{BootValues, ChainConfigs, Checks, Host, LocalInputs, LocalKeyFlavour, Verified};
//! use tribunal_host::store::{MemoryStore, PreimageStore};
//! use tribunal_preimage::{PreimageKey, PreimageOracleClient, PreimageOracleError};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Arc::new(MemoryStore::new());
//! let key = PreimageKey::new_keccak256(alloy_primitives::keccak256("evidence"));
//! store.put(key, b"evidence")?;
//!
//! let claim = BootValues {
//!     l1_head: [1; 32].into(),
//!     agreed_output_root: [2; 32].into(),
//!     claimed_output_root: [3; 32].into(),
//!     claimed_block_number: 100,
//!     chain_id: 10,
//! };
//! let local = LocalInputs::new(claim, ChainConfigs::default(), LocalKeyFlavour::Kona);
//! let host = Host::new(Arc::new(Verified::new(store.clone())), local, Checks::BeforeServing)?;
//! assert_eq!(host.get(PreimageKey::new_local(4))?, 100u64.to_be_bytes());
//! assert_eq!(host.get(key)?, b"evidence");
//!
//! store.put(key, b"forged evidence")?;
//! assert!(matches!(host.get(key), Err(PreimageOracleError::Invalid { key: culprit, .. }) if culprit == key));
//! # Ok(())
//! # }
//! ```
//!
//! # Failure
//! A program gets the pre-image, or an error that names the key: missing, corrupted, unverifiable (a precompile's result
//! whose call no hint gave), or unobtainable from the source. Damaged files give errors with the offset and the key of
//! the record. Nothing is ever deleted, and what a store has accepted survives a crash.

mod blobs;
mod checker;
mod claims;
mod configs;
mod error;
pub mod fixture;
mod hints;
mod host;
mod local;
mod prefetch;
mod server;
mod source;
mod source_error;
mod stats;
pub mod store;
mod verified;

pub use claims::{Claim, FixtureFolder, parse_claims};
pub use configs::{ChainConfigs, ConfigFile, UsedConfig, UsedConfigs};
pub use error::{HostError, HostResult};
pub use host::{Checks, Host};
pub use local::{BootValues, LocalInputs, LocalKeyFlavour};
pub use server::{Descriptors, serve};
pub use source::{ServedClaim, Source, SourceHandle};
pub use source_error::{Attempt, SourceError};
pub use stats::{Counting, OracleStats, Served, kind_name};
pub use verified::{Findings, Refused, Verified};
