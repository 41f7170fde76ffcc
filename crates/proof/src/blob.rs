//! Blobs from the oracle, one field element at a time.

use alloc::{boxed::Box, rc::Rc};
use alloy_eips::eip4844::{BYTES_PER_BLOB, Blob};
use alloy_primitives::B256;
use tribunal_derive::BlobProvider;
use tribunal_mpt::ProviderError;
use tribunal_preimage::{CommsClient, HintType, PreimageKey, PreimageOracleError, blob_element_key};
use tribunal_rollup::BlockInfo;

use crate::caching::CachingOracle;

/// Reads the 4096 elements of a blob behind its versioned hash.
#[derive(Debug)]
pub struct OracleBlobProvider<O> {
    oracle: Rc<CachingOracle<O>>,
}

impl<O: CommsClient> OracleBlobProvider<O> {
    /// A provider on `oracle`.
    pub fn new(oracle: Rc<CachingOracle<O>>) -> Self {
        Self { oracle }
    }

    fn read(
        &self,
        block: &BlockInfo,
        versioned_hash: B256,
        index: u64,
    ) -> Result<Box<Blob>, PreimageOracleError> {
        self.oracle.hint(
            HintType::L1Blob,
            &[versioned_hash.as_slice(), &index.to_be_bytes(), &block.timestamp.to_be_bytes()],
        )?;
        let mut commitment = [0u8; 48];
        self.oracle.get_exact(PreimageKey::new_sha256(versioned_hash.0), &mut commitment)?;
        let mut blob = empty_blob();
        for (i, element) in blob.0.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            self.oracle.get_exact(blob_element_key(&commitment, i), element)?;
        }
        Ok(blob)
    }
}

impl<O: CommsClient> BlobProvider for OracleBlobProvider<O> {
    fn get_blob(
        &mut self,
        block: &BlockInfo,
        versioned_hash: B256,
        index: u64,
    ) -> Result<Box<Blob>, ProviderError> {
        let _span = tracing::debug_span!("blob: reading").entered();
        Ok(self.read(block, versioned_hash, index)?)
    }
}

/// A zeroed blob, allocated on the heap: 128 KiB are too much for a guest's stack.
fn empty_blob() -> Box<Blob> {
    let zeros = alloc::vec![0u8; BYTES_PER_BLOB].into_boxed_slice();
    let array: Box<[u8; BYTES_PER_BLOB]> = zeros.try_into().unwrap_or_else(|_| Box::new([0; BYTES_PER_BLOB]));
    Box::new(Blob::from(*array))
}
