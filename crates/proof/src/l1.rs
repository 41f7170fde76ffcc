//! L1 blocks from the oracle.

use alloc::{boxed::Box, rc::Rc, string::ToString, vec::Vec};
use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes};
use alloy_rlp::Decodable;
use tribunal_derive::ChainProvider;
use tribunal_mpt::{ProviderError, TrieProvider, ordered};
use tribunal_preimage::{CommsClient, HintType, PreimageKey, local_key::L1_HEAD};
use tribunal_rollup::BlockInfo;

use crate::{boot::require_hash, caching::CachingOracle, error::ProofError};

/// The L1 chain up to the L1 head of the claim, read backwards from the head.
#[derive(Debug)]
pub struct OracleL1ChainProvider<O> {
    oracle: Rc<CachingOracle<O>>,
    head: u64,
    /// Hashes of the blocks `head`, `head - 1`, …, as far as they were read.
    hashes: Vec<B256>,
    /// Parent of the last block in `hashes`.
    next: B256,
}

impl<O: CommsClient> OracleL1ChainProvider<O> {
    /// Opens the chain at its head.
    ///
    /// # Errors
    /// If the head's header is missing or malformed, or has another hash.
    pub fn new(oracle: Rc<CachingOracle<O>>, head: B256) -> Result<Self, ProofError> {
        let header = header(&oracle, head, HintType::L1BlockHeader)?;
        require_hash("L1 head", L1_HEAD, head, header.hash_slow())?;
        Ok(Self { oracle, head: header.number, hashes: Vec::from([head]), next: header.parent_hash })
    }

    /// Number of the L1 head.
    pub fn head_number(&self) -> u64 {
        self.head
    }

    /// Number of L1 headers read so far.
    pub fn walked(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Hash of block `number`, which is at most the head.
    fn hash_of(&mut self, number: u64) -> Result<B256, ProofError> {
        let depth = (self.head - number) as usize;
        while self.hashes.len() <= depth {
            let hash = self.next;
            self.next = header(&self.oracle, hash, HintType::L1BlockHeader)?.parent_hash;
            self.hashes.push(hash);
        }
        Ok(self.hashes[depth])
    }

    /// All items of an ordered trie of `block`, as raw EIP-2718 bytes.
    fn items(
        &self,
        block: B256,
        hint: HintType,
        what: &'static str,
        root_of: impl FnOnce(&Header) -> B256,
    ) -> Result<Vec<Bytes>, ProofError> {
        let header = header(&self.oracle, block, HintType::L1BlockHeader)?;
        self.oracle.hint(hint, &[block.as_slice()])?;
        ordered::collect(root_of(&header), &HashedNodes(&self.oracle)).map_err(|source| ProofError::Trie {
            what,
            block,
            source,
        })
    }
}

impl<O: CommsClient> ChainProvider for OracleL1ChainProvider<O> {
    fn header_by_hash(&mut self, hash: B256) -> Result<Header, ProviderError> {
        Ok(header(&self.oracle, hash, HintType::L1BlockHeader)?)
    }

    fn block_info_by_number(&mut self, number: u64) -> Result<Option<BlockInfo>, ProviderError> {
        if number > self.head {
            return Ok(None);
        }
        let hash = self.hash_of(number)?;
        let header = header(&self.oracle, hash, HintType::L1BlockHeader)?;
        if header.number != number {
            return Err(Box::new(ProofError::Malformed {
                what: "L1 header",
                hash,
                reason: alloc::format!("number {} where {number} was due", header.number),
            }));
        }
        Ok(Some(BlockInfo { hash, number, parent_hash: header.parent_hash, timestamp: header.timestamp }))
    }

    fn receipts_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        Ok(self.items(hash, HintType::L1Receipts, "L1 receipts", |header| header.receipts_root)?)
    }

    fn transactions_by_hash(&mut self, hash: B256) -> Result<Vec<Bytes>, ProviderError> {
        Ok(self.items(hash, HintType::L1Transactions, "L1 transactions", |header| header.transactions_root)?)
    }
}

/// Trie nodes whose pre-images a hint has already announced.
#[derive(Debug)]
pub(crate) struct HashedNodes<'a, O>(pub(crate) &'a CachingOracle<O>);

impl<O: CommsClient> TrieProvider for HashedNodes<'_, O> {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        Ok(self.0.get(PreimageKey::new_keccak256(hash.0))?)
    }
}

/// Reads the header behind `hash`.
pub(crate) fn header<O: CommsClient>(
    oracle: &CachingOracle<O>,
    hash: B256,
    hint: HintType,
) -> Result<Header, ProofError> {
    let rlp = oracle.get_hinted(PreimageKey::new_keccak256(hash.0), hint, &[hash.as_slice()])?;
    decode_header(&rlp).map_err(|error| ProofError::Malformed {
        what: "header",
        hash,
        reason: error.to_string(),
    })
}

fn decode_header(rlp: &[u8]) -> Result<Header, alloy_rlp::Error> {
    let rest = &mut &*rlp;
    let header = Header::decode(rest)?;
    if rest.is_empty() { Ok(header) } else { Err(alloy_rlp::Error::UnexpectedLength) }
}
