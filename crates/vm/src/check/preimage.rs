//! The pre-image that a step reads: takes it from the step's proof, and checks it against its key.

use super::{CheckError, witness::HashedState};
use crate::{StepProof, error::Fault};
use alloy_primitives::{B256, keccak256};
use sha2::{Digest, Sha256};

/// The types of keys that contain the hash of the pre-image.
const KECCAK256: u8 = 2;
const SHA256: u8 = 4;

/// The bytes of the proof's pre-image from the state's offset to the end. There is at least one. The proof has the
/// length of the pre-image in front, and the offset counts these 8 bytes, too.
pub(super) fn read<'a>(state: &HashedState, proof: &'a StepProof) -> Result<&'a [u8], CheckError> {
    let key = state.preimage_key;
    let (Some(proof_key), Some(value)) = (&proof.oracle_key, &proof.oracle_value) else {
        return Err(CheckError::NoPreimage { key });
    };
    if proof_key[..] != key[..] {
        return Err(CheckError::NoPreimage { key });
    }
    let Some((length, preimage)) = value.split_first_chunk::<8>() else {
        return Err(CheckError::WrongPreimage { key });
    };
    if u64::from_be_bytes(*length) != preimage.len() as u64 || !matches_key(&key, preimage) {
        return Err(CheckError::WrongPreimage { key });
    }
    if proof.oracle_offset != state.preimage_offset {
        return Err(CheckError::PreimageOffset {
            state: state.preimage_offset,
            claimed: proof.oracle_offset,
        });
    }
    let rest = usize::try_from(state.preimage_offset).ok().and_then(|offset| value.get(offset..));
    rest.filter(|rest| !rest.is_empty()).ok_or_else(|| {
        Fault::PreimageOffset { key, offset: state.preimage_offset, length: value.len() as u64 }.into()
    })
}

/// Whether a key matches a pre-image. The first byte of a key is its type. If the type is keccak256 or sha256, the
/// other bytes must be those of the pre-image's hash. A key of any other type matches every pre-image.
fn matches_key(key: &B256, preimage: &[u8]) -> bool {
    match key[0] {
        KECCAK256 => keccak256(preimage)[1..] == key[1..],
        SHA256 => Sha256::digest(preimage)[1..] == key[1..],
        _ => true,
    }
}
