//! Pre-images that arrive from a source: verified once, then stored.

use alloy_primitives::{Bytes, map::HashMap};
use tribunal_preimage::{
    Limits, PreimageKey, PreimageKeyType, PreimageOracleError, PreimageOracleResult,
    verify::{BlobClaim, verify_blobs},
};

use super::{Verified, repeat_call, unverifiable};
use crate::{
    blobs::{Blob, element_keys},
    error::{HostError, HostResult},
    store::{Voucher, is_expensive},
};

/// Why an answer of a [`Source`](crate::Source) was not stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// One of its pre-images does not fit its key, or cannot be verified.
    #[error("the answer is wrong: {0}")]
    Wrong(PreimageOracleError),
    /// The store failed.
    #[error("the answer cannot be stored: {0}")]
    Store(HostError),
}

impl Verified {
    /// Verifies pre-images that a source sent and stores them: all, or none. `call` is the precompile call that they
    /// answer, if they answer one. Elements of a blob must come with all others and with the commitment.
    pub(crate) fn store_arrived(
        &self,
        preimages: &[(PreimageKey, Bytes)],
        call: Option<&[u8]>,
    ) -> Result<(), Refused> {
        let elements = self.verify_arrived(preimages, call).map_err(Refused::Wrong)?;
        self.keep(preimages).map_err(Refused::Store)?;
        self.blobs.arrived(elements.into_iter());
        Ok(())
    }

    fn verify_arrived(
        &self,
        preimages: &[(PreimageKey, Bytes)],
        call: Option<&[u8]>,
    ) -> PreimageOracleResult<HashMap<PreimageKey, [u8; 32]>> {
        let limit = Limits::default().preimage;
        let mut elements = HashMap::default();
        for (key, value) in preimages {
            if value.len() as u64 > limit {
                return Err(PreimageOracleError::TooLarge { key: *key, length: value.len() as u64, limit });
            }
            match key.key_type() {
                PreimageKeyType::Blob => {
                    let value = <[u8; 32]>::try_from(value.as_ref()).map_err(|_| {
                        PreimageOracleError::BadLength { key: *key, expected: 32, got: value.len() as u64 }
                    })?;
                    elements.insert(*key, value);
                }
                PreimageKeyType::Precompile => {
                    let call = call.ok_or_else(|| unverifiable(*key, "the hint is no precompile call"))?;
                    repeat_call(*key, value, call)?;
                }
                _ => self.check_hash(*key, value)?,
            }
        }
        verify_elements(preimages, &elements)?;
        Ok(elements)
    }

    fn keep(&self, preimages: &[(PreimageKey, Bytes)]) -> HostResult<()> {
        self.store.put_all(&mut preimages.iter().cloned())?;
        let expensive: Vec<_> = preimages
            .iter()
            .filter(|(key, _)| is_expensive(*key))
            .map(|(key, value)| Voucher::new(*key, value))
            .collect();
        self.vouch(&expensive);
        Ok(())
    }
}

/// Checks that every element is part of a blob whose commitment is among the pre-images and which has all its elements.
fn verify_elements(
    preimages: &[(PreimageKey, Bytes)],
    elements: &HashMap<PreimageKey, [u8; 32]>,
) -> PreimageOracleResult<()> {
    if elements.is_empty() {
        return Ok(());
    }
    let commitments = preimages
        .iter()
        .filter(|(key, _)| key.key_type() == PreimageKeyType::Sha256)
        .filter_map(|(_, value)| <[u8; 48]>::try_from(value.as_ref()).ok());
    let mut left = elements.clone();
    let mut blobs = Vec::new();
    for commitment in commitments {
        let values: Option<Vec<_>> = element_keys(&commitment).map(|key| left.remove(&key)).collect();
        if let Some(values) = values {
            blobs.push(Blob::new(commitment, &values));
        }
    }
    if let Some(key) = left.keys().next() {
        return Err(unverifiable(*key, "it came without its commitment or without the rest of its blob"));
    }
    let claims: Vec<BlobClaim<'_>> = blobs.iter().map(Blob::claim).collect();
    verify_blobs(&claims)
}
