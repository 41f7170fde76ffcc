//! The seams: where nodes come from, and who is told what will be needed next.

use alloc::boxed::Box;

use alloy_primitives::{Address, B256, Bytes, U256};

/// Whatever kept a provider from answering. Fatal for the claim at hand: it says nothing about the claim's truth.
pub type ProviderError = Box<dyn core::error::Error + Send + Sync + 'static>;

/// Serves trie nodes by hash.
pub trait TrieProvider {
    /// The RLP of the node whose Keccak-256 is `hash`. The implementation answers for that equation.
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError>;
}

impl<P: TrieProvider + ?Sized> TrieProvider for &P {
    fn trie_node_preimage(&self, hash: B256) -> Result<Bytes, ProviderError> {
        (**self).trie_node_preimage(hash)
    }
}

/// Announces which nodes a computation is about to ask for, so that a host can have them ready.
///
/// Hints never change a result; [`NoopTrieHinter`] is the hinter of a computation that needs none.
pub trait TrieHinter {
    /// The node of this hash will be read.
    fn hint_trie_node(&self, hash: B256) -> Result<(), ProviderError>;

    /// The account trie of block `block_number` will be walked towards `address`.
    fn hint_account_proof(&self, address: Address, block_number: u64) -> Result<(), ProviderError>;

    /// The storage trie of `address` in block `block_number` will be walked towards `slot`.
    fn hint_storage_proof(
        &self,
        address: Address,
        slot: U256,
        block_number: u64,
    ) -> Result<(), ProviderError>;
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

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoopTrieHinter;

impl TrieHinter for NoopTrieHinter {
    fn hint_trie_node(&self, _hash: B256) -> Result<(), ProviderError> {
        Ok(())
    }

    fn hint_account_proof(&self, _address: Address, _block_number: u64) -> Result<(), ProviderError> {
        Ok(())
    }

    fn hint_storage_proof(&self, _address: Address, _slot: U256, _number: u64) -> Result<(), ProviderError> {
        Ok(())
    }
}
