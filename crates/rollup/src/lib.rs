//! Protocol types of an OP Stack rollup.
#![no_std]

extern crate alloc;

pub mod batch;
mod block;
pub mod channel;
mod compression;
mod config;
mod error;
mod fork;
pub mod frame;
pub mod receipts;
mod system_config;

pub use block::{BlockInfo, BlockNumHash, L2BlockInfo};
pub use config::{AltDaConfig, BaseFeeConfig, ChainGenesis, RollupConfig};
pub use error::RollupError;
pub use fork::{Fork, ForkTimes};
pub use system_config::{EcotoneScalars, SystemConfig};
