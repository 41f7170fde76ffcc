//! Precompiled contracts answered by the oracle (key type 6).

use alloc::rc::Rc;
use alloy_primitives::{Address, Bytes};
use tribunal_executor::PrecompileOracle;
use tribunal_mpt::ProviderError;
use tribunal_preimage::{CommsClient, HintType, PreimageOracleError, precompile_key};

use crate::caching::CachingOracle;

/// Asks the oracle for the result of a precompile call.
#[derive(Debug)]
pub struct OraclePrecompiles<O> {
    oracle: Rc<CachingOracle<O>>,
}

impl<O: CommsClient> OraclePrecompiles<O> {
    /// Answers calls from `oracle`.
    pub fn new(oracle: Rc<CachingOracle<O>>) -> Self {
        Self { oracle }
    }
}

impl<O: CommsClient> PrecompileOracle for OraclePrecompiles<O> {
    fn call(
        &self,
        address: &Address,
        gas: u64,
        input: &[u8],
    ) -> Result<Option<(bool, Bytes)>, ProviderError> {
        let key = precompile_key(&address.0.0, gas, input);
        let parts: [&[u8]; 3] = [address.as_slice(), &gas.to_be_bytes(), input];
        let result = self.oracle.get_hinted(key, HintType::L1Precompile, &parts)?;
        match result.first() {
            Some(status @ (0 | 1)) => Ok(Some((*status == 1, result.slice(1..)))),
            _ => Err(PreimageOracleError::Invalid { key, reason: "no status byte".into() }.into()),
        }
    }
}
