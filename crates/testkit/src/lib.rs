//! Devnets from a seed: an L1 and an L2 chain with transactions of every type, deposits, batches as blobs and
//! calldata, and every pre-image that a claim about them needs, written as a fixture folder with claims, true and
//! false.
//!
//! ```no_run
//! use tribunal_testkit::{Devnet, Options};
//!
//! let options = Options { seed: 1, blocks: 30, forks: vec![] };
//! let devnet = Devnet::generate(&options, &mut |_| ())?;
//! devnet.write("devnet".as_ref())?;
//! # Ok::<(), tribunal_testkit::TestkitError>(())
//! ```
//!
//! The chains are built with this project's own executor and encoders. A devnet therefore shows that the parts fit
//! together, and makes work to measure; what shows that they are right are the chains made by the reference
//! implementations, which the conformance tests run on.
//!
//! Generation fails with a [`TestkitError`] when the options cannot be met or a file cannot be written.

mod accounts;
mod batcher;
mod blob_codec;
mod blobs;
mod claims;
mod contracts;
mod devnet;
mod error;
mod events;
mod genesis;
mod l1;
mod options;
mod preimages;
mod rng;
mod sequencer;
mod state;
mod transactions;

pub use devnet::{Devnet, Progress, fork_name};
pub use error::TestkitError;
pub use options::{FORKS, Options};
