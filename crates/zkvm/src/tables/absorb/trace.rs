//! How a row is made.

use super::{AbsorbRow, BLOCK};
use crate::{stark::Val, word::limbs};
use core::array;
use p3_field::PrimeCharacteristicRing;
use p3_keccak::KeccakF;
use p3_symmetric::Permutation;

impl AbsorbRow<Val> {
    /// The rows that hash the bytes of a region, and the digest.
    pub(crate) fn hash(region: u32, bytes: &[u8]) -> (Vec<Self>, [u8; 32]) {
        let mut state = [0_u64; 25];
        let mut rows = Vec::new();
        for block in 0..=bytes.len() / BLOCK {
            let rest = &bytes[block * BLOCK..];
            let given = rest.len().min(BLOCK);
            let mut bytes = [0; BLOCK];
            bytes[..given].copy_from_slice(&rest[..given]);
            let mut padded = bytes;
            if given < BLOCK {
                padded[given] = 1;
                padded[BLOCK - 1] |= 0x80;
            }
            let before: [u8; BLOCK] = array::from_fn(|byte| state[byte / 8].to_le_bytes()[byte % 8]);
            let capacity = array::from_fn(|limb| limb_of(&state, BLOCK / 2 + limb));
            for (lane, bytes) in state.iter_mut().zip(padded.as_chunks().0) {
                *lane ^= u64::from_le_bytes(*bytes);
            }
            KeccakF.permute_mut(&mut state);
            rows.push(Self {
                real: Val::ONE,
                region: Val::from_u32(region),
                block: Val::from_usize(block),
                rest: Val::from_usize(rest.len()),
                given: array::from_fn(|byte| Val::from_bool(byte < given)),
                bytes: bytes.map(Val::from_u8),
                state: before.map(Val::from_u8),
                both: array::from_fn(|byte| Val::from_u8(padded[byte] & before[byte])),
                capacity,
                after: array::from_fn(|limb| limb_of(&state, limb)),
            });
        }
        (rows, array::from_fn(|byte| state[byte / 8].to_le_bytes()[byte % 8]))
    }
}

/// A limb of a state.
fn limb_of(state: &[u64; 25], limb: usize) -> Val {
    Val::from_u16(limbs(state[limb / 4])[limb % 4])
}
