//! Memory of which only the Merkle root is known. With the Merkle proof of a leaf (32 bytes), the words in that leaf
//! can be read, and the root after a store to them can be computed.

use super::CheckError;
use crate::memory::{MerkleProof, PROOF_BYTES, hash_pair};
use alloy_primitives::B256;

/// The word at `address`, a multiple of 8, in memory with the root `root`.
///
/// # Errors
/// [`CheckError::Memory`] if the proof does not lead to the root.
pub(super) fn read(root: &B256, proof: &MerkleProof, address: u64) -> Result<u64, CheckError> {
    let leaf = leaf(proof);
    if root_from(leaf, proof, address) != *root {
        return Err(CheckError::Memory { address });
    }
    let mut word = [0; 8];
    word.copy_from_slice(&leaf[offset(address)..][..8]);
    Ok(u64::from_be_bytes(word))
}

/// The root of memory after the word at `address`, a multiple of 8, is replaced. `root` is the root before the store.
///
/// # Errors
/// As [`read`].
pub(super) fn write(root: &B256, proof: &MerkleProof, address: u64, word: u64) -> Result<B256, CheckError> {
    read(root, proof, address)?;
    let mut leaf = leaf(proof);
    leaf[offset(address)..][..8].copy_from_slice(&word.to_be_bytes());
    Ok(root_from(leaf, proof, address))
}

fn leaf(proof: &MerkleProof) -> B256 {
    B256::from_slice(&proof[..32])
}

/// The offset of the word at `address` in its leaf, in bytes.
const fn offset(address: u64) -> usize {
    (address & 24) as usize
}

/// The root that follows from a leaf at `address` and the siblings in the proof. Bit 5 of the address says whether the
/// leaf is a right child. Each higher bit says the same of the node one level higher.
fn root_from(leaf: B256, proof: &MerkleProof, address: u64) -> B256 {
    let siblings = proof[32..PROOF_BYTES].chunks_exact(32).map(B256::from_slice);
    siblings.zip(5_u32..).fold(leaf, |node, (sibling, bit)| {
        if address >> bit & 1 == 0 { hash_pair(&node, &sibling) } else { hash_pair(&sibling, &node) }
    })
}

/// The word at `address`, a multiple of 8, if the proof is valid.
#[cfg(test)]
pub(crate) fn check_memory_proof(root: &B256, proof: &MerkleProof, address: u64) -> Option<u64> {
    read(root, proof, address).ok()
}
