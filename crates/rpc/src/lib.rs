//! Fetches pre-images from the nodes of a chain: [`Nodes`] is a [`Source`](tribunal_host::Source) for a host.
//!
//! A program gives hints, and the nodes are asked for what they announce: execution nodes of L1 and L2 over JSON-RPC, beacon
//! nodes over HTTP. Whatever a node answers is encoded as consensus has it and compared with its hash, so that a node can
//! withhold something, but not make the host store something wrong.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use tribunal_host::{BootValues, ChainConfigs, Host, LocalInputs, LocalKeyFlavour, Verified, store::MemoryStore};
//! use tribunal_preimage::{HintType, HintWriterClient, PreimageKey, PreimageOracleClient};
//! use tribunal_rpc::{Nodes, NodesOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Nobody listens there.
//! let mut options = NodesOptions { retry_for: Duration::from_millis(10), ..NodesOptions::default() };
//! options.l1.addresses = vec!["http://user:secret@127.0.0.1:1/".parse()?];
//! let nodes = Arc::new(Nodes::new(&options)?);
//!
//! let claim = BootValues {
//!     l1_head: [1; 32].into(),
//!     agreed_output_root: [2; 32].into(),
//!     claimed_output_root: [3; 32].into(),
//!     claimed_block_number: 100,
//!     chain_id: 10,
//! };
//! let local = LocalInputs::new(claim, ChainConfigs::default(), LocalKeyFlavour::Kona);
//! let store = Arc::new(Verified::new(Arc::new(MemoryStore::new())));
//! let host = Host::with_source(store, local, nodes.clone(), Duration::from_secs(60));
//!
//! host.write(&HintType::L1BlockHeader.encode(&[&[1; 32]]))?;
//! let error = host.get(PreimageKey::new_keccak256([1; 32])).unwrap_err().to_string();
//! assert!(error.contains("eth_chainId at http://127.0.0.1:1 for"));
//! assert!(error.contains("cannot connect") && !error.contains("secret"));
//! # Ok(())
//! # }
//! ```
//!
//! # Failure
//! A program sees nothing of a failure that passes: requests are made again, with longer and longer pauses, and other nodes
//! are asked.
//!
//! - An outage (no connection, no answer in time, HTTP 429 and 5xx) is waited out for as long as
//!   [`NodesOptions::retry_for`] says, and said in the log once a minute. The time counts from when the program first waited
//!   in vain for nodes of a kind until it gets something from them, whatever it waits for meanwhile and by whatever methods
//!   that is asked for. When the time is over, each later request gets one look of a few seconds.
//! - What no node has, or only in a wrong form, is asked for a few times within [`NodesOptions::absent_for`].
//! - A node of another chain than the claim's is refused. Execution nodes are asked for their chain when they are first needed.
//! - A node that refuses us (HTTP 401 and 403, a certificate that we do not trust) is not asked again for the same thing.
//!
//! In the end the host gets a [`SourceError`](tribunal_host::SourceError), which names node, method, key and reason of what
//! was tried. No error and no log shows the secrets of an [`Address`]. Answers are read up to a limit of bytes and time, and
//! nothing grows with what nodes send.

mod address;
mod beacon;
mod chain;
mod course;
mod encode;
mod endpoint;
mod error;
mod fault;
mod methods;
mod metrics;
mod nodes;
mod options;
mod outage;
mod prefetch;
mod retry;
mod role;
mod routes;
mod transport;

pub use address::Address;
pub use chain::{L1Block, Output};
pub use error::RpcError;
pub use metrics::{Counts, Metrics, Series};
pub use nodes::Nodes;
pub use options::{NodesOptions, RoleName, RoleOptions};
pub use prefetch::Reads;

#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
#[cfg(test)]
mod tests;
