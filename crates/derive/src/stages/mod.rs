//! The stages of the pipeline, named as the [specification](https://specs.optimism.io/protocol/derivation.html#architecture)
//! names them. Each pulls from the one above it:
//!
//! ```text
//! L1 traversal          the next L1 block, and the system config in force there     l1_traversal
//! L1 retrieval          calldata and blobs of the batcher's transactions            l1_retrieval
//! frame queue           frames, parsed and put in order                             frame_queue
//! channel bank, or      channels, assembled from frames                             channel_provider
//!   channel assembler                                                                 channel_bank, channel_assembler
//! channel reader        batches, decompressed and decoded                           channel_reader
//! batch queue, or       the batch that comes next on top of the safe head           batches
//!   batch stage                                                                       batch_queue, batch_stage
//! attributes queue      the payload attributes of the next L2 block                 attributes_queue
//! ```
//!
//! The second of two stages takes over when L1 reaches Holocene. What the specification calls the engine queue is the
//! caller's: it builds the blocks.

pub(crate) mod attributes_queue;
pub(crate) mod batches;
mod channel_assembler;
mod channel_bank;
mod channel_provider;
pub(crate) mod channel_reader;
mod frame_queue;
mod l1_retrieval;
pub(crate) mod l1_traversal;

use tribunal_rollup::{BlockInfo, RollupConfig};

use self::l1_traversal::L1Traversal;

/// What the stages up to the channel reader read from.
pub(crate) struct L1Inputs<'a, L1, B> {
    /// The rollup config.
    pub(crate) config: &'a RollupConfig,
    /// The first stage.
    pub(crate) traversal: &'a mut L1Traversal,
    /// The L1 chain.
    pub(crate) chain: &'a mut L1,
    /// The blobs of L1.
    pub(crate) blobs: &'a mut B,
}

impl<L1, B> L1Inputs<'_, L1, B> {
    /// The L1 block that derivation is at.
    pub(crate) fn origin(&self) -> BlockInfo {
        self.traversal.origin()
    }
}
