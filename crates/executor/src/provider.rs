//! What the executor asks of others.

use alloc::{boxed::Box, sync::Arc};

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes};
use tribunal_mpt::{ProviderError, TrieProvider};

/// Serves the parts of the state that are not trie nodes.
///
/// Every error is final and makes the block undecided, never invalid.
pub trait ExecutionProvider: TrieProvider {
    /// The code with this hash. Not asked for the hash of the empty code.
    fn bytecode_by_hash(&self, hash: B256) -> Result<Bytes, ProviderError>;

    /// The L2 header with this hash.
    fn header_by_hash(&self, hash: B256) -> Result<Header, ProviderError>;

    /// Hears of every trie node and every code that a block adds to the state, children before parents. A provider that
    /// is to serve the new state later keeps them; by default they are let go, since the executor keeps what it needs.
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
/// These are ecrecover, the BN254 pairing, the point evaluation and those of BLS12-381. A call comes here only when it
/// has the gas it needs and its input has a length that the contract accepts.
pub trait PrecompileOracle {
    /// Whether the call succeeds, and its output; `None` to have it computed in process.
    ///
    /// `gas` is what the call costs. The input of ecrecover is cut to the 128 bytes that count.
    fn call(&self, address: &Address, gas: u64, input: &[u8])
    -> Result<Option<(bool, Bytes)>, ProviderError>;
}

/// Has every precompiled contract computed in process.
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
