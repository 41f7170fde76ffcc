//! The state of L2, for the executor.

use alloc::rc::Rc;
use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, U256};
use tribunal_executor::ExecutionProvider;
use tribunal_mpt::{ProviderError, TrieHinter, TrieProvider};
use tribunal_preimage::{CommsClient, HintType, PreimageKey};

use crate::{caching::CachingOracle, l1::header};

/// Trie nodes, code and headers of L2.
#[derive(Debug)]
pub struct OracleStateProvider<O> {
    oracle: Rc<CachingOracle<O>>,
}

impl<O> Clone for OracleStateProvider<O> {
    fn clone(&self) -> Self {
        Self { oracle: Rc::clone(&self.oracle) }
    }
}

impl<O: CommsClient> OracleStateProvider<O> {
    /// A provider on `oracle`.
    pub fn new(oracle: Rc<CachingOracle<O>>) -> Self {
        Self { oracle }
    }
}

impl<O: CommsClient> TrieProvider for OracleStateProvider<O> {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        let key = PreimageKey::new_keccak256(hash.0);
        Ok(self.oracle.get_hinted(key, HintType::L2StateNode, &[hash.as_slice()])?)
    }
}

impl<O: CommsClient> ExecutionProvider for OracleStateProvider<O> {
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
        let key = PreimageKey::new_keccak256(hash.0);
        Ok(self.oracle.get_hinted(key, HintType::L2Code, &[hash.as_slice()])?)
    }

    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
        Ok(header(&self.oracle, hash, HintType::L2BlockHeader)?)
    }
}

impl<O: CommsClient> TrieHinter for OracleStateProvider<O> {
    fn hint_trie_node(&self, hash: B256) -> Result<(), ProviderError> {
        Ok(self.oracle.hint(HintType::L2StateNode, &[hash.as_slice()])?)
    }

    fn hint_account_proof(&self, address: Address, block_number: u64) -> Result<(), ProviderError> {
        let parts: [&[u8]; 2] = [&block_number.to_be_bytes(), address.as_slice()];
        Ok(self.oracle.hint(HintType::L2AccountProof, &parts)?)
    }

    fn hint_storage_proof(
        &self,
        address: Address,
        slot: U256,
        block_number: u64,
    ) -> Result<(), ProviderError> {
        let parts: [&[u8]; 3] = [&block_number.to_be_bytes(), address.as_slice(), &slot.to_be_bytes::<32>()];
        Ok(self.oracle.hint(HintType::L2AccountStorageProof, &parts)?)
    }
}
