//! Stateless execution of OP Stack blocks.
#![no_std]

extern crate alloc;

mod ancestors;
mod base_fee;
mod block_state;
mod canyon;
mod code;
mod environment;
mod error;
mod executor;
mod footprint;
mod handler;
mod header;
mod precompiles;
mod provider;
mod receipts;
mod state;
mod transaction;
mod vm;

pub use error::{ExecutorError, InvalidBlock, StateError};
pub use executor::{BuiltBlock, Executor};
pub use provider::{ExecutionProvider, InProcess, PrecompileOracle};
