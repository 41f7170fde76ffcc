//! Hashes of earlier blocks, for BLOCKHASH.

use alloc::collections::VecDeque;

use alloy_consensus::{Header, Sealed};
use alloy_primitives::B256;

use crate::{ExecutionProvider, StateError};

/// How many blocks BLOCKHASH reaches back.
const DEPTH: usize = 256;

/// The chain up to the parent of the block that is being built, as far back as it has been read.
#[derive(Debug, Clone)]
pub(crate) struct Ancestors {
    /// Number of the parent.
    head: u64,
    /// Hashes of the parent, of its parent and so on. Never empty.
    hashes: VecDeque<B256>,
}

impl Ancestors {
    pub(crate) fn new(parent: &Sealed<Header>) -> Self {
        Self { head: parent.number, hashes: VecDeque::from([parent.seal(), parent.parent_hash]) }
    }

    /// The number of the parent.
    pub(crate) fn head(&self) -> u64 {
        self.head
    }

    /// Makes `block`, a child of the head, the new head.
    pub(crate) fn push(&mut self, block: &Sealed<Header>) {
        self.head = block.number;
        self.hashes.push_front(block.seal());
        self.hashes.truncate(DEPTH);
    }

    /// Hash of block `number`, zero if BLOCKHASH does not reach it. Fetches each header on the way at most once.
    pub(crate) fn hash<P: ExecutionProvider>(
        &mut self,
        number: u64,
        provider: &P,
    ) -> Result<B256, StateError> {
        let Some(depth) = self.head.checked_sub(number).map(|depth| depth as usize).filter(|&d| d < DEPTH)
        else {
            return Ok(B256::ZERO);
        };
        loop {
            if let Some(hash) = self.hashes.get(depth) {
                return Ok(*hash);
            }
            let Some(&hash) = self.hashes.back() else { return Ok(B256::ZERO) };
            let header = provider.header_by_hash(hash).map_err(|source| StateError::Provider {
                what: "header",
                hash,
                source,
            })?;
            self.hashes.push_back(header.parent_hash);
        }
    }
}
