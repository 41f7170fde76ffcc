//! The OP Stack derivation pipeline: from L1 blocks to the payload attributes of L2 blocks.
//!
//! What an L2 chain is follows from L1 alone. This crate reads L1 from the point where it matters for a given L2 block
//! and yields, one by one, the [attributes](AttributesWithParent) of the blocks after it, by the rules of all forks up to
//! Karst. It does not execute them. Everything is pulled: nothing of L1 is read before it is needed.
//!
//! ```
//! use tribunal_derive::{BlobProvider, ChainProvider, DerivationPipeline, DeriveError, L2ChainProvider, Step};
//! use tribunal_rollup::L2BlockInfo;
//!
//! /// Derives up to the end of L1; `build` executes a block and tells what came out.
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
//! L1 block ─ batcher data ─ frames ─ channels ─ batches ─ batch stage ─ attributes
//! ```
//! Before Holocene the channel bank and the batch queue put things in order; from Holocene the channel assembler and the
//! ordered batch stage insist on order. The stages are exchanged when L1 reaches Holocene.
//!
//! # Failure
//!
//! Whatever the batcher writes, it cannot make derivation fail: data that breaks the rules is dropped, as little or as
//! much of it as the protocol says. [`DeriveError`] is for everything else, most of all a provider that fails, and means
//! that the next block is *undecided*.
#![no_std]

extern crate alloc;

mod attributes;
mod batches;
mod error;
mod pipeline;
mod providers;
mod source;
mod start;
#[cfg(test)]
mod testing;

pub use attributes::{AttributesWithParent, deposits_only};
pub use error::{DeriveError, ProviderError};
pub use pipeline::{DerivationPipeline, Step};
pub use providers::{BlobProvider, ChainProvider, L2ChainProvider};
