//! L2 blocks up to the safe head: those up to the agreed block come from the oracle, those after it were derived.

use alloc::{boxed::Box, rc::Rc, string::ToString, sync::Arc, vec::Vec};
use alloy_consensus::{Header, Sealed};
use alloy_primitives::{B256, Bytes, map::HashMap};
use tribunal_derive::L2ChainProvider;
use tribunal_mpt::{ProviderError, ordered};
use tribunal_preimage::{CommsClient, HintType};
use tribunal_rollup::{L2BlockInfo, RollupConfig, SystemConfig};

use crate::{
    caching::CachingOracle,
    error::ProofError,
    l1::{HashedNodes, header},
};

/// The L2 chain up to the safe head.
#[derive(Debug)]
pub struct OracleL2ChainProvider<O> {
    oracle: Rc<CachingOracle<O>>,
    config: Arc<RollupConfig>,
    /// Number of the agreed block.
    agreed: u64,
    /// Hashes of the blocks `agreed`, `agreed - 1`, …, as far as they were read.
    hashes: Vec<B256>,
    /// Parent of the last block in `hashes`.
    next: B256,
    /// The derived blocks, by number. The oracle may not have them.
    derived: HashMap<u64, DerivedBlock>,
    head: u64,
}

/// A block that this program derived.
#[derive(Debug, Clone)]
struct DerivedBlock {
    header: Sealed<Header>,
    transactions: Rc<[Bytes]>,
}

impl<O: CommsClient> OracleL2ChainProvider<O> {
    /// Opens the chain at the agreed block.
    ///
    /// # Errors
    /// If the agreed block's header is missing or malformed.
    pub fn new(
        oracle: Rc<CachingOracle<O>>,
        config: Arc<RollupConfig>,
        agreed: B256,
    ) -> Result<Self, ProofError> {
        let header = header(&oracle, agreed, HintType::L2BlockHeader)?;
        Ok(Self {
            oracle,
            config,
            agreed: header.number,
            hashes: Vec::from([agreed]),
            next: header.parent_hash,
            derived: HashMap::default(),
            head: header.number,
        })
    }

    /// Adds a derived block on top; its number becomes the head's.
    pub fn push(&mut self, header: Sealed<Header>, transactions: Vec<Bytes>) {
        self.head = header.number;
        self.derived.insert(header.number, DerivedBlock { header, transactions: transactions.into() });
    }

    /// The header of the head.
    ///
    /// # Errors
    /// As [`Self::header_by_number`].
    pub fn head_header(&mut self) -> Result<Sealed<Header>, ProofError> {
        self.header_by_number(self.head)
    }

    /// Whether `number` is the agreed block's.
    pub fn is_agreed(&self, number: u64) -> bool {
        number == self.agreed
    }

    /// Drops derived blocks above `number`, which did not become safe.
    pub fn truncate(&mut self, number: u64) {
        self.head = self.head.min(number.max(self.agreed));
        let head = self.head;
        self.derived.retain(|&n, _| n <= head);
    }

    /// The sealed header of block `number`.
    ///
    /// # Errors
    /// [`ProofError::PastSafeHead`], or the oracle's error for a header on the way back.
    pub fn header_by_number(&mut self, number: u64) -> Result<Sealed<Header>, ProofError> {
        if number > self.head {
            return Err(ProofError::PastSafeHead { asked: number, head: self.head });
        }
        if let Some(block) = self.derived.get(&number) {
            return Ok(block.header.clone());
        }
        let past = ProofError::PastSafeHead { asked: number, head: self.head };
        let depth = self.agreed.checked_sub(number).ok_or(past)? as usize;
        while self.hashes.len() <= depth {
            let hash = self.next;
            self.next = header(&self.oracle, hash, HintType::L2BlockHeader)?.parent_hash;
            self.hashes.push(hash);
        }
        let hash = self.hashes[depth];
        let header = header(&self.oracle, hash, HintType::L2BlockHeader)?;
        if header.number != number {
            return Err(ProofError::Malformed {
                what: "L2 header",
                hash,
                reason: alloc::format!("number {} where {number} was due", header.number),
            });
        }
        Ok(Sealed::new_unchecked(header, hash))
    }

    /// The first transaction of a block (the L1 attributes deposit), with a proof for it alone. Genesis has none.
    fn first_transaction(&mut self, header: &Sealed<Header>) -> Result<Bytes, ProofError> {
        if header.number == self.config.genesis.l2.number {
            return Ok(Bytes::new());
        }
        if let Some(block) = self.derived.get(&header.number) {
            return Ok(block.transactions.first().cloned().unwrap_or_default());
        }
        let block = header.seal();
        self.oracle.hint(HintType::L2Transactions, &[block.as_slice()])?;
        ordered::first(header.transactions_root, &HashedNodes(&self.oracle))
            .map(Option::unwrap_or_default)
            .map_err(|source| ProofError::Trie { what: "L2 transactions", block, source })
    }

    /// Hashes, number, time and L1 origin of block `number`.
    ///
    /// # Errors
    /// The oracle's, or [`ProofError::Malformed`] if the L1 attributes deposit is malformed.
    pub fn block_info(&mut self, number: u64) -> Result<L2BlockInfo, ProofError> {
        let header = self.header_by_number(number)?;
        let first = self.first_transaction(&header)?;
        L2BlockInfo::from_header_and_first_tx(header.seal(), &header, &first, &self.config).map_err(|error| {
            ProofError::Malformed { what: "L1-info deposit", hash: header.seal(), reason: error.to_string() }
        })
    }
}

impl<O: CommsClient> L2ChainProvider for OracleL2ChainProvider<O> {
    fn l2_block_info_by_number(&mut self, number: u64) -> Result<L2BlockInfo, ProviderError> {
        Ok(self.block_info(number)?)
    }

    fn l2_block_transactions(&mut self, number: u64) -> Result<Vec<Bytes>, ProviderError> {
        let header = self.header_by_number(number)?;
        if let Some(block) = self.derived.get(&number) {
            return Ok(block.transactions.to_vec());
        }
        let block = header.seal();
        self.oracle.hint(HintType::L2Transactions, &[block.as_slice()])?;
        let items = ordered::collect(header.transactions_root, &HashedNodes(&self.oracle))
            .map_err(|source| ProofError::Trie { what: "L2 transactions", block, source })?;
        Ok(items)
    }

    fn system_config_by_number(&mut self, number: u64) -> Result<SystemConfig, ProviderError> {
        let header = self.header_by_number(number)?;
        let first = self.first_transaction(&header)?;
        SystemConfig::from_header_and_first_tx(header.seal(), &header, &first, &self.config).map_err(
            |error| {
                Box::new(ProofError::Malformed {
                    what: "L1-info deposit",
                    hash: header.seal(),
                    reason: error.to_string(),
                }) as ProviderError
            },
        )
    }
}
