//! Memory as a root: a word can be read and replaced where a Merkle proof leads from its 32 bytes to the root.

use super::CheckError;
use crate::memory::{MerkleProof, PROOF_BYTES, hash_pair};
use alloy_primitives::B256;

/// The word at `address` in memory with that root.
pub(super) fn read(root: &B256, proof: &MerkleProof, address: u64) -> Result<u64, CheckError> {
    let leaf = leaf(proof);
    if climb(leaf, proof, address) != *root {
        return Err(CheckError::Memory { address });
    }
    let mut word = [0; 8];
    word.copy_from_slice(&leaf[place(address)..][..8]);
    Ok(u64::from_be_bytes(word))
}

/// The root after the word at `address` was replaced, in memory with that root.
pub(super) fn write(root: &B256, proof: &MerkleProof, address: u64, word: u64) -> Result<B256, CheckError> {
    read(root, proof, address)?;
    let mut leaf = leaf(proof);
    leaf[place(address)..][..8].copy_from_slice(&word.to_be_bytes());
    Ok(climb(leaf, proof, address))
}

fn leaf(proof: &MerkleProof) -> B256 {
    B256::from_slice(&proof[..32])
}

/// Where the word lies in its leaf.
const fn place(address: u64) -> usize {
    (address & 24) as usize
}

/// The root that a leaf and its siblings lead to.
fn climb(leaf: B256, proof: &MerkleProof, address: u64) -> B256 {
    let siblings = proof[32..PROOF_BYTES].chunks_exact(32).map(B256::from_slice);
    siblings.zip(5_u32..).fold(leaf, |node, (sibling, bit)| {
        if address >> bit & 1 == 0 { hash_pair(&node, &sibling) } else { hash_pair(&sibling, &node) }
    })
}

/// The word at `address`, if the proof leads from it to the root.
#[cfg(test)]
pub(crate) fn check_memory_proof(root: &B256, proof: &MerkleProof, address: u64) -> Option<u64> {
    read(root, proof, address).ok()
}
