//! Blobs from the beacon API.

mod blobs;
mod client;
mod expiry;
mod sidecars;
mod slot;

pub(crate) use client::{Clocks, blob};
pub(crate) use slot::{Slot, SlotClock, UnixTime};

use alloy_primitives::{B256, Bytes};
use tribunal_preimage::{
    ELEMENTS_PER_BLOB, PreimageKey, blob_element_key, blob_evaluation_point,
    verify::{BlobElements, blob_commitment, sha256},
};

/// Bytes of a blob.
const BLOB_BYTES: usize = 32 * ELEMENTS_PER_BLOB;

/// Blobs that a slot may have, by the word of a node.
const MOST_BLOBS: usize = 256;

/// The first byte of the versioned hash of a KZG commitment.
const KZG_VERSION: u8 = 1;

/// A blob with its commitment.
#[derive(Debug)]
pub(crate) struct Blob {
    commitment: [u8; 48],
    bytes: Bytes,
}

impl Blob {
    /// The blob in these bytes, with the commitment that it has. `None` if the bytes are no blob.
    fn committed(bytes: Bytes) -> Option<Self> {
        let (elements, []) = bytes.as_chunks::<32>() else { return None };
        let elements: &BlobElements = elements.try_into().ok()?;
        let commitment = blob_commitment(elements)?;
        Some(Self { commitment, bytes })
    }

    /// Its versioned hash, which names it on the chain.
    fn versioned_hash(&self) -> B256 {
        versioned_hash(&self.commitment)
    }

    /// All pre-images: the commitment, the elements, and what lies behind the keys of the elements.
    ///
    /// The program needs the first two. op-challenger reads the third from the data dir when it proves a step.
    pub(crate) fn preimages(&self) -> Vec<(PreimageKey, Bytes)> {
        let commitment = Bytes::copy_from_slice(&self.commitment);
        let mut preimages = Vec::with_capacity(1 + 2 * ELEMENTS_PER_BLOB);
        preimages.push((PreimageKey::new_sha256(sha256(&self.commitment)), commitment));
        for (index, element) in self.bytes.as_chunks::<32>().0.iter().enumerate() {
            let key = blob_element_key(&self.commitment, index);
            let behind = [&self.commitment[..], blob_evaluation_point(index)].concat();
            preimages.push((key, Bytes::copy_from_slice(element)));
            preimages.push((PreimageKey::new_keccak256(*key.as_bytes()), behind.into()));
        }
        preimages
    }
}

fn versioned_hash(commitment: &[u8; 48]) -> B256 {
    let mut hash = sha256(commitment);
    if let Some(first) = hash.first_mut() {
        *first = KZG_VERSION;
    }
    hash.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    #[test]
    fn a_blob_has_all_its_preimages() {
        let blob = Blob::committed(vec![0; BLOB_BYTES].into()).unwrap();
        // The commitment of nothing is the point at infinity.
        assert_eq!(blob.commitment[0], 0xc0);
        let preimages = blob.preimages();
        assert_eq!(preimages.len(), 1 + 2 * ELEMENTS_PER_BLOB);
        assert_eq!(preimages[0].0, PreimageKey::new_sha256(blob.versioned_hash().0));
        let (key, behind) = &preimages[2];
        assert_eq!(behind.len(), 80);
        assert_eq!(*key, PreimageKey::new_keccak256(keccak256(behind).0));
    }

    #[test]
    fn what_is_no_blob_is_refused() {
        for bytes in [vec![0; 31], vec![0; BLOB_BYTES - 32], vec![0; BLOB_BYTES + 1], vec![0xff; BLOB_BYTES]]
        {
            assert!(Blob::committed(bytes.into()).is_none());
        }
    }
}
