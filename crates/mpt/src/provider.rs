//! The traits through which a trie reads nodes and announces which ones it will read.

use alloc::boxed::Box;

use alloy_primitives::{Address, B256, Bytes, U256};

/// Why a provider could not answer. It says nothing about whether the claim is true.
pub type ProviderError = Box<dyn core::error::Error + Send + Sync + 'static>;

/// Serves trie nodes by hash.
pub trait TrieProvider {
    /// The RLP of the node whose Keccak-256 is `hash`. The implementation ensures that the hash is right.
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError>;
}

impl<P: TrieProvider + ?Sized> TrieProvider for &P {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        (**self).trie_node_preimage(hash)
    }
}

/// Announces which nodes a computation will read, so that a host can fetch them.
///
/// Hints never change a result. Without methods of its own, an implementation sends none.
pub trait TrieHinter {
    /// The node of this hash will be read.
    fn hint_trie_node(&self, _hash: B256) -> Result<(), ProviderError> {
        Ok(())
    }

    /// The account of `address` will be read in the state of block `block_number`.
    fn hint_account_proof(&self, _address: Address, _block_number: u64) -> Result<(), ProviderError> {
        Ok(())
    }

    /// The storage `slot` of `address` will be read in the state of block `block_number`.
    fn hint_storage_proof(
        &self,
        _address: Address,
        _slot: U256,
        _block_number: u64,
    ) -> Result<(), ProviderError> {
        Ok(())
    }
}

impl<H: TrieHinter + ?Sized> TrieHinter for &H {
    fn hint_trie_node(&self, hash: B256) -> Result<(), ProviderError> {
        (**self).hint_trie_node(hash)
    }

    fn hint_account_proof(&self, address: Address, block_number: u64) -> Result<(), ProviderError> {
        (**self).hint_account_proof(address, block_number)
    }

    fn hint_storage_proof(
        &self,
        address: Address,
        slot: U256,
        block_number: u64,
    ) -> Result<(), ProviderError> {
        (**self).hint_storage_proof(address, slot, block_number)
    }
}

/// Sends no hints.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopTrieHinter;

impl TrieHinter for NoopTrieHinter {}
