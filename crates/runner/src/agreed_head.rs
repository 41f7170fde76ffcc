//! Checks an agreed L2 head that is given beside the agreed output root.

use alloy_primitives::B256;
use tribunal_host::Verified;
use tribunal_preimage::{PreimageKey, PreimageOracleError};
use tribunal_rollup::OutputRoot;

/// Why an agreed head cannot be accepted.
#[derive(Debug, thiserror::Error)]
pub enum AgreedHeadError {
    /// The agreed output cannot be read.
    #[error(transparent)]
    Oracle(#[from] PreimageOracleError),
    /// The agreed output is malformed.
    #[error("the agreed output, pre-image {key}: {reason}")]
    Malformed {
        /// Its key.
        key: PreimageKey,
        /// What is wrong with it.
        reason: String,
    },
    /// The agreed output is that of another block.
    #[error("the agreed head is given as {given}, but the agreed output is that of block {actual}")]
    OtherBlock {
        /// The head that was given.
        given: B256,
        /// The block of the agreed output.
        actual: B256,
    },
}

/// Checks that `head` is the hash of the block behind `agreed_root`, the agreed output root.
///
/// # Errors
/// [`AgreedHeadError`] if it is not, or if `store` cannot tell.
pub fn check_agreed_head(store: &Verified, agreed_root: B256, head: B256) -> Result<(), AgreedHeadError> {
    let key = PreimageKey::new_keccak256(agreed_root.0);
    let output = OutputRoot::parse(&store.get(key, None)?)
        .map_err(|error| AgreedHeadError::Malformed { key, reason: error.to_string() })?;
    match output.block_hash == head {
        true => Ok(()),
        false => Err(AgreedHeadError::OtherBlock { given: head, actual: output.block_hash }),
    }
}
