//! Protocol types of an OP Stack rollup.
#![no_std]

extern crate alloc;

mod block;
mod config;
mod error;
mod fork;
pub mod receipts;
mod system_config;

pub use block::{BlockInfo, BlockNumHash, L2BlockInfo};
pub use config::{AltDaConfig, BaseFeeConfig, ChainGenesis, RollupConfig};
pub use error::RollupError;
pub use fork::{Fork, ForkTimes};
pub use system_config::{EcotoneScalars, SystemConfig};
