//! Blobs and their pre-images.

use alloy_eips::eip4844::{Blob, kzg_to_versioned_hash};
use alloy_primitives::B256;
use tribunal_preimage::{PreimageKey, blob_element_key};

use crate::preimages::Preimages;

/// The error of the KZG library, which a blob that was made here never causes.
pub(crate) type KzgError = c_kzg::Error;

/// Adds the commitment and the 4096 elements of `blob`. Returns its versioned hash.
pub(crate) fn record(blob: &Blob, preimages: &Preimages) -> Result<B256, KzgError> {
    let settings = c_kzg::ethereum_kzg_settings(0);
    let commitment = settings.blob_to_kzg_commitment(&c_kzg::Blob::new(blob.0))?.to_bytes().into_inner();
    let versioned_hash = kzg_to_versioned_hash(&commitment);
    preimages.insert(PreimageKey::new_sha256(versioned_hash.0), commitment.to_vec());
    for (i, element) in blob.0.as_chunks::<32>().0.iter().enumerate() {
        preimages.insert(blob_element_key(&commitment, i), element.to_vec());
    }
    Ok(versioned_hash)
}
