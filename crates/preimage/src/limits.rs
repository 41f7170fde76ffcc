//! How much memory a peer can make this side allocate.

/// The longest messages that are accepted, in bytes, and that are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest pre-image. Default: 64 MiB. The largest honest ones are L1 receipts and L2 transactions in a trie leaf
    /// (below 10 MiB, by the limits of blocks and channels) and the configs (kilobytes). A peer that announces 2^64
    /// bytes must cause an error, not exhaust memory.
    pub preimage: u64,
    /// The longest hint. Default: 16 MiB. Hints are tens of bytes, but one (`l2-payload-witness`) carries the attributes
    /// of a whole block and one the input of a precompile, both bounded by the size of a block.
    pub hint: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { preimage: 64 << 20, hint: 16 << 20 }
    }
}
