//! Whether bytes are the pre-image of a key.
//!
//! Keys of type 2 and 4 are hashes of the value. The check of a blob element (type 5) needs its whole blob:
//! [`verify_blobs`] checks blobs against their commitments, many at once. The check of a precompile's result (type 6) needs
//! the call, which [`run_precompile`] repeats. Local values (type 1) belong to the dispute and generic ones (type 3) to a
//! contract: they cannot be checked.
//!
//! ```
//! use alloy_primitives::keccak256;
//! use tribunal_preimage::{PreimageKey, verify::{Context, Verified, verify}};
//!
//! let key = PreimageKey::new_keccak256(keccak256("truth"));
//! assert_eq!(verify(key, b"truth", &Context::None), Ok(Verified::Valid));
//! let error = verify(key, b"trust", &Context::None).unwrap_err();
//! assert!(error.to_string().contains(&key.to_string()));
//! assert_eq!(verify(PreimageKey::new_local(1), b"anything", &Context::None), Ok(Verified::CannotCheck));
//! ```

mod blob;
mod curve;
mod locate;
mod precompile;

pub use blob::{BlobClaim, BlobElements, blob_commitment, verify_blobs};
pub use curve::sha256;
pub use precompile::{is_accelerated, run_precompile};

use crate::{
    ELEMENTS_PER_BLOB, PreimageKey, PreimageKeyType, PreimageOracleError, PreimageOracleResult,
    blob_element_key, precompile_key,
};
use alloc::string::String;
use alloy_primitives::keccak256;

/// What is known besides the key and the value.
#[derive(Debug, Clone, Copy)]
pub enum Context<'a> {
    /// Nothing: enough for keys that are hashes of the value.
    None,
    /// The blob that an element belongs to.
    Blob {
        /// The commitment and all elements.
        blob: BlobClaim<'a>,
        /// Which element it is, from 0 to 4095.
        index: usize,
    },
    /// The call whose result the value is.
    Precompile {
        /// The contract.
        address: &'a [u8; 20],
        /// The gas that the key names.
        gas: u64,
        /// The call data.
        input: &'a [u8],
    },
}

/// The outcome for a value that is not known to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Verified {
    /// The bytes are the pre-image of the key.
    Valid,
    /// No check exists for keys of this type, or not in this [`Context`].
    CannotCheck,
}

/// Checks whether `value` is the pre-image of `key`.
///
/// For a blob element this commits to the whole blob; to check many, call [`verify_blobs`] once.
///
/// # Errors
/// [`PreimageOracleError::Invalid`] or [`PreimageOracleError::BadLength`] if the value is wrong or the context is not that
/// of the key; for blob elements also the errors of [`verify_blobs`], and for precompiles those of [`run_precompile`].
pub fn verify(key: PreimageKey, value: &[u8], context: &Context<'_>) -> PreimageOracleResult<Verified> {
    match (key.key_type(), context) {
        (PreimageKeyType::Keccak256, _) => {
            check(key, PreimageKey::new_keccak256(keccak256(value)) == key, "its Keccak-256 is another")?;
        }
        (PreimageKeyType::Sha256, _) => {
            check(key, PreimageKey::new_sha256(sha256(value)) == key, "its SHA-256 is another")?;
        }
        (PreimageKeyType::Blob, Context::Blob { blob, index }) => {
            verify_element(key, value, blob, *index)?;
        }
        (PreimageKeyType::Precompile, Context::Precompile { address, gas, input }) => {
            check(key, precompile_key(address, *gas, input) == key, "the call has another key")?;
            check(key, run_precompile(address, input)? == value, "the precompile has another result")?;
        }
        _ => return Ok(Verified::CannotCheck),
    }
    Ok(Verified::Valid)
}

fn verify_element(
    key: PreimageKey,
    value: &[u8],
    blob: &BlobClaim<'_>,
    index: usize,
) -> PreimageOracleResult<()> {
    if value.len() != 32 {
        return Err(PreimageOracleError::BadLength { key, expected: 32, got: value.len() as u64 });
    }
    let matches = index < ELEMENTS_PER_BLOB && blob_element_key(blob.commitment, index) == key;
    check(key, matches, "the element of the blob has another key")?;
    check(
        key,
        blob.elements.get(index).is_some_and(|element| element == value),
        "the blob has another element",
    )?;
    verify_blobs(&[*blob])
}

fn check(key: PreimageKey, holds: bool, reason: &str) -> PreimageOracleResult<()> {
    if holds {
        return Ok(());
    }
    Err(PreimageOracleError::Invalid { key, reason: String::from(reason) })
}
