//! The traits through which the executor reads state and calls expensive precompiled contracts.

use alloc::{boxed::Box, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes};
use tribunal_mpt::{ProviderError, TrieHinter, TrieProvider};

/// Serves the parts of the state that are not trie nodes, and learns which account or slot the nodes are read for.
///
/// An error leaves the block undecided, never invalid.
pub trait ExecutionProvider: TrieProvider + TrieHinter {
    /// The code with this hash. Never called with the hash of the empty code.
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError>;

    /// The L2 header with this hash.
    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError>;

    /// Called with every trie node and every code that a block adds to the state, children before parents. A provider that
    /// serves the new state later keeps them. The default drops them: the executor keeps what it needs.
    fn keep(&self, preimage: &[u8]) {
        let _ = preimage;
    }
}

impl<P: ExecutionProvider + ?Sized> ExecutionProvider for &P {
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError> {
        (**self).bytecode_by_hash(hash)
    }

    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError> {
        (**self).header_by_hash(hash)
    }

    fn keep(&self, preimage: &[u8]) {
        (**self).keep(preimage);
    }
}

/// Answers calls of the precompiled contracts that are too expensive for a fault-proof VM.
///
/// These are ecrecover, the BN254 pairing, the point evaluation and those of BLS12-381. The executor calls the oracle only
/// if the call has enough gas and an input length that the contract accepts.
pub trait PrecompileOracle {
    /// Whether the call succeeds, and its output; `None` if the executor shall compute it in process.
    ///
    /// `gas` is the cost of the call. The input of ecrecover is cut to its first 128 bytes, the only ones that it reads.
    fn call(&self, address: &Address, gas: u64, input: &[u8])
    -> Result<Option<(bool, Bytes)>, ProviderError>;
}

/// Computes every precompiled contract in process.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

impl PrecompileOracle for InProcess {
    fn call(&self, _: &Address, _: u64, _: &[u8]) -> Result<Option<(bool, Bytes)>, ProviderError> {
        Ok(None)
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {
        $(impl<O: PrecompileOracle + ?Sized> PrecompileOracle for $pointer {
            fn call(&self, address: &Address, gas: u64, input: &[u8]) -> Result<Option<(bool, Bytes)>, ProviderError> {
                (**self).call(address, gas, input)
            }
        })*
    };
}

forward!(&O, Box<O>, Arc<O>);
