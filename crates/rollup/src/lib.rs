//! Protocol types of an OP Stack rollup: what its configuration says, how its data is encoded on L1, and what of L1 goes
//! into an L2 block.
//!
//! Derivation and execution are written on top of this crate; it holds no state and asks nobody for data. On the side of
//! the configuration there are [`RollupConfig`] and [`L1ChainConfig`], the [`registry`] of well-known chains, the
//! [`SystemConfig`] with the updates that L1 events make, and the [transactions](upgrade_transactions) of network
//! upgrades. On the side of the data there are [channels and their frames](channel), [batches](batch),
//! [deposits], the [L1 attributes](l1_info) and the [output root](OutputRoot).
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
//! // Chains that are not registered come with a file, in op-node's form or Kona's.
//! let refused = RollupConfig::from_json(br#"{"block_time": "soon"}"#).unwrap_err();
//! assert_eq!(refused.to_string(), "configuration field `l2_chain_id`: is missing");
//! # Ok(())
//! # }
//! ```
//!
//! # Failure
//!
//! Everything that can be refused returns [`RollupError`], whose variants name the input that was wrong. Nothing panics
//! on untrusted input, and what is allocated is bounded by the size of the input and the limits of the protocol. What the
//! protocol skips without a trace (a malformed configuration update, say) is no error and is documented where it happens.
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
    L1ChainConfig, RollupConfig, UnknownFork, UnknownForks, fixed_bytes, quantity,
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
