//! Protocol types of an OP Stack rollup: its configuration, the encoding of its data on L1, and the values of L1 that
//! an L2 block contains.
//!
//! Derivation and execution use this crate. It holds no state and fetches no data. For the configuration there are
//! [`RollupConfig`] and [`L1ChainConfig`], the [`registry`] of well-known chains, the [`SystemConfig`] with the
//! updates that L1 events make, and the [transactions](upgrade_transactions) of network upgrades. For the data there
//! are [channels and their frames](channel), [batches](batch), [deposits], the [L1 attributes](l1_info) and the
//! [output root](OutputRoot).
//!
//! ```
//! use tribunal_rollup::{RollupConfig, registry, upgrade_transactions};
//!
//! # fn main() -> Result<(), tribunal_rollup::RollupError> {
//! let op_mainnet = registry::rollup_config(10)?;
//! assert!(op_mainnet.is_first_fjord_block(1_720_627_201));
//! let (transactions, extra_gas) = upgrade_transactions(&op_mainnet, 1_720_627_201)?;
//! assert_eq!((transactions.len(), extra_gas), (3, 0));
//!
//! // A chain that is not in the registry needs a file, in op-node's form or Kona's.
//! let refused = RollupConfig::from_json(br#"{"block_time": "soon"}"#).unwrap_err();
//! assert_eq!(refused.to_string(), "configuration field `l2_chain_id`: is missing");
//! # Ok(())
//! # }
//! ```
//!
//! # Failure
//!
//! Functions that refuse input return a [`RollupError`], whose variants name the input. Untrusted input causes no
//! panic. The size of the input and the limits of the protocol bound all allocations. Input that the protocol skips,
//! such as a malformed update of the system config, is no error; the functions that skip it say so.
#![no_std]

extern crate alloc;

pub mod batch;
mod block;
pub mod channel;
mod config;
mod error;
mod l2;
pub mod receipts;
pub mod registry;
mod system_config;
mod upgrades;

pub use block::{BlockInfo, BlockNumHash, L2BlockInfo};
pub use config::{
    AltDaConfig, BaseFeeConfig, BlobParams, ChainGenesis, ClaimConfigs, ClaimedChains, Fork, ForkTimes,
    L1ChainConfig, RollupConfig, UnknownFork, UnknownForks, fixed_bytes, parse_unique, quantity,
};
pub use error::RollupError;
pub use l2::{
    deposits::{self, user_deposits},
    l1_info::{self, l1_info_deposit},
    output_root::{self, OutputRoot},
};
pub use receipts::LogFilter;
pub use system_config::{EcotoneScalars, SystemConfig, updates_batcher};
pub use upgrades::upgrade_transactions;
