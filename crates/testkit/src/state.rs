//! The state that the executor reads while the devnet is built.

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::Decodable;
use tribunal_executor::{ExecutionProvider, PrecompileOracle};
use tribunal_mpt::{ProviderError, TrieHinter, TrieProvider};
use tribunal_preimage::{precompile_key, verify::run_precompile};

use crate::preimages::Preimages;

/// State, code and headers that were written.
#[derive(Debug, Clone)]
pub(crate) struct State(pub(crate) Preimages);

impl TrieProvider for State {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.0.trie_node_preimage(hash)
    }
}

impl TrieHinter for State {}

impl ExecutionProvider for State {
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
        self.0.trie_node_preimage(hash)
    }

    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
        Ok(Header::decode(&mut &self.0.trie_node_preimage(hash)?[..])?)
    }

    fn keep(&self, preimage: &[u8]) {
        self.0.keccak(preimage.to_vec());
    }
}

/// Executes precompiled contracts and records their results.
#[derive(Debug, Clone)]
pub(crate) struct Precompiles(pub(crate) Preimages);

impl PrecompileOracle for Precompiles {
    fn call(
        &self,
        address: &Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<(bool, Bytes)>, ProviderError> {
        let result = run_precompile(&address.0.0, input)?;
        self.0.insert(precompile_key(&address.0.0, gas, input), result.clone());
        Ok(Some((result.first() == Some(&1), Bytes::copy_from_slice(&result[1..]))))
    }
}
