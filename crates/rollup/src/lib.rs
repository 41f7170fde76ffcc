//! Protocol types of an OP Stack rollup.
#![no_std]

extern crate alloc;

pub mod batch;
mod block;
pub mod bloom;
pub mod channel;
mod compression;
mod config;
mod config_json;
mod config_update;
pub mod deposits;
mod error;
mod fork;
pub mod frame;
mod json;
mod l1_config;
pub mod l1_info;
mod l2_block;
pub mod output_root;
pub mod receipts;
pub mod registry;
mod system_config;
mod system_config_block;
mod upgrades;

pub use block::{BlockInfo, BlockNumHash, L2BlockInfo};
pub use bloom::LogFilter;
pub use config::{AltDaConfig, BaseFeeConfig, ChainGenesis, RollupConfig};
pub use deposits::user_deposits;
pub use error::RollupError;
pub use fork::{Fork, ForkTimes};
pub use l1_config::{BlobParams, L1ChainConfig};
pub use l1_info::l1_info_deposit;
pub use output_root::OutputRoot;
pub use system_config::{EcotoneScalars, SystemConfig};
pub use upgrades::upgrade_transactions;
