//! Results of precompiled contracts, which are computed here.

use alloy_primitives::{Bytes, keccak256};
use tribunal_host::SourceError;
use tribunal_preimage::{PreimageKey, precompile_key, verify::run_precompile};

use super::Fetch;

impl Fetch<'_> {
    /// Runs the call in `call`: address, gas and input.
    ///
    /// The call itself is stored too: op-challenger reads it from the data dir when it proves a step.
    pub(super) fn precompile(&self, call: &[u8]) -> Result<(), SourceError> {
        let fail = |reason: String| self.own_failure("precompile", reason);
        let parts = call.split_first_chunk::<20>();
        let parts = parts.and_then(|(address, rest)| Some((address, rest.split_first_chunk::<8>()?)));
        let (address, (gas, input)) = parts.ok_or_else(|| fail("the hint is too short".into()))?;
        let result = run_precompile(address, input).map_err(|error| fail(error.to_string()))?;
        let preimages = [
            (precompile_key(address, u64::from_be_bytes(*gas), input), result.into()),
            (PreimageKey::new_keccak256(keccak256(call).0), Bytes::copy_from_slice(call)),
        ];
        self.accept("precompile", &preimages).map_err(|error| fail(error.reason))
    }
}
