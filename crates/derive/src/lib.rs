//! The OP Stack derivation pipeline: from L1 blocks to the payload attributes of L2 blocks.
//!
//! An L2 chain follows from L1 alone. This crate starts at the first L1 block that can matter for a given L2 block.
//! It yields the [attributes](AttributesWithParent) of the L2 blocks after it, one by one, by the rules of all forks
//! up to Karst. It does not execute them. Each stage pulls from the one before it, so L1 is read only when it is
//! needed.
//!
//! ```
//! use tribunal_derive::{BlobProvider, ChainProvider, DerivationPipeline, DeriveError, L2ChainProvider, Step};
//! use tribunal_rollup::L2BlockInfo;
//!
//! /// Derives up to the end of L1; `build` executes a block and returns it.
//! fn derive_all<L1: ChainProvider, B: BlobProvider, L2: L2ChainProvider>(
//!     pipeline: &mut DerivationPipeline<L1, B, L2>,
//!     mut safe_head: L2BlockInfo,
//!     mut build: impl FnMut(tribunal_derive::AttributesWithParent) -> L2BlockInfo,
//! ) -> Result<L2BlockInfo, DeriveError> {
//!     while let Step::Attributes(attributes) = pipeline.next_attributes(&safe_head)? {
//!         safe_head = build(*attributes);
//!     }
//!     Ok(safe_head)
//! }
//! ```
//!
//! # Stages
//!
//! ```text
//! L1 traversal > L1 retrieval > frame queue > channel bank      > channel reader > batch queue > attributes queue
//!                                             channel assembler                    batch stage
//! ```
//! They are named as the [specification](https://specs.optimism.io/protocol/derivation.html#architecture) names them. The
//! channel bank and the batch queue put frames and batches in order. When L1 reaches Holocene, the channel assembler and
//! the batch stage replace them: they drop what is out of order.
//!
//! # Failure
//!
//! No batcher data makes derivation fail: data that breaks the rules is dropped. The protocol says how much of it.
//! [`DeriveError`] is for everything else, such as a provider that fails. Then the next block is unknown, and so the
//! claim is undecided.
#![no_std]

extern crate alloc;

mod error;
mod pipeline;
mod providers;
mod reset;
mod stages;
#[cfg(test)]
mod testing;

pub use error::{DeriveError, ProviderError};
pub use pipeline::{DerivationPipeline, Step};
pub use providers::{BlobProvider, ChainProvider, L2ChainProvider};
pub use stages::attributes_queue::{AttributesWithParent, deposits_only};
