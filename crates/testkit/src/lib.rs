//! Devnets from a seed. A devnet is an L1 and an L2 chain with transactions of every type, deposits, batches in blobs and
//! calldata, and every pre-image that a claim needs. It is written as a fixture folder with true and false claims.
//!
//! ```no_run
//! use tribunal_testkit::{Batches, Devnet, Options};
//!
//! let options = Options { seed: 1, blocks: 30, forks: vec![], batches: Batches::Mixed };
//! let devnet = Devnet::generate(&options, &mut |_| ())?;
//! devnet.write("devnet".as_ref())?;
//! # Ok::<(), tribunal_testkit::TestkitError>(())
//! ```
//!
//! This project's own executor and encoders build the chains. So a devnet tests that the parts agree, and serves for
//! measurements. Whether they are correct is tested on chains that the reference implementations made.
//!
//! Generation fails with a [`TestkitError`] if the options are invalid or a file cannot be written.

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
pub use options::{Batches, FORKS, Options};
