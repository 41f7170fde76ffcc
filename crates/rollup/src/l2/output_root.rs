//! Output roots: what a proposal commits to.

use alloy_primitives::{B256, keccak256};

use crate::RollupError;

/// An output of version 0: the state of an L2 after a block.
///
/// ```
/// use alloy_primitives::B256;
/// use tribunal_rollup::output_root::OutputRoot;
///
/// let output = OutputRoot { state_root: B256::repeat_byte(1), withdrawals_storage_root: B256::ZERO, block_hash: B256::ZERO };
/// assert_eq!(OutputRoot::parse(&output.encode())?, output);
/// assert!(OutputRoot::parse(&[1; 128]).is_err());
/// # Ok::<_, tribunal_rollup::RollupError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OutputRoot {
    /// Root of the state trie after the block.
    pub state_root: B256,
    /// Root of the storage trie of the withdrawals contract (`L2ToL1MessagePasser`).
    pub withdrawals_storage_root: B256,
    /// Hash of the block.
    pub block_hash: B256,
}

impl OutputRoot {
    /// Length of the encoding, in bytes.
    pub const ENCODED_LEN: usize = 128;

    /// `version (32 zero bytes) ++ state root ++ withdrawals storage root ++ block hash`.
    pub fn encode(&self) -> [u8; Self::ENCODED_LEN] {
        let mut out = [0; Self::ENCODED_LEN];
        out[32..64].copy_from_slice(self.state_root.as_slice());
        out[64..96].copy_from_slice(self.withdrawals_storage_root.as_slice());
        out[96..].copy_from_slice(self.block_hash.as_slice());
        out
    }

    /// The output root proper: the Keccak-256 hash of [`Self::encode`].
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }

    /// Reads what [`Self::encode`] writes.
    ///
    /// # Errors
    /// [`RollupError::OutputRoot`]: not 128 bytes, or of another version.
    pub fn parse(preimage: &[u8]) -> Result<Self, RollupError> {
        let ([version, state_root, withdrawals_storage_root, block_hash], []) = preimage.as_chunks::<32>()
        else {
            return Err(RollupError::OutputRoot("not 128 bytes"));
        };
        if *version != [0; 32] {
            return Err(RollupError::OutputRoot("version is not 0"));
        }
        Ok(Self {
            state_root: state_root.into(),
            withdrawals_storage_root: withdrawals_storage_root.into(),
            block_hash: block_hash.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_must_be_exact() {
        assert!(OutputRoot::parse(&[0; 128]).is_ok());
        for length in [0, 96, 127, 129, 160] {
            assert!(OutputRoot::parse(&alloc::vec![0; length]).is_err());
        }
    }
}
