//! From hints to pre-images: one file for each group of hints.

mod blob;
mod bounded;
mod code;
mod fetch;
mod header;
mod history;
mod linked;
mod lists;
mod memory;
mod output;
mod payload;
mod pool;
mod precompile;
mod proof;
mod state_node;
mod window;
mod witness;

pub(crate) use bounded::Bounded;
pub(crate) use fetch::{Fetch, Goal};
pub(crate) use memory::{Learned, Memory};
pub(crate) use output::message_passer_root;
pub(crate) use payload::{BlockRef, Chain, Request};
pub(crate) use pool::Pool;
pub(crate) use window::Contents;
