//! How a row is made.

use super::{SHA256_BLOCK, Sha256BlockRow};
use crate::{
    stark::Val,
    tables::{Sha256Row, sha256_key::INITIAL},
    word::limbs,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl Sha256BlockRow<Val> {
    /// The number of blocks that so many bytes need.
    pub(crate) const fn blocks(bytes: usize) -> usize {
        (bytes + 9).div_ceil(SHA256_BLOCK)
    }

    /// The rows that hash the bytes of a region with those of the compressions, and the digest.
    pub(crate) fn hash(region: u32, bytes: &[u8]) -> (Vec<(Self, Sha256Row<Val>)>, [u8; 32]) {
        let blocks = Self::blocks(bytes.len());
        let bits = 8 * bytes.len() as u64;
        let mut all = bytes.to_vec();
        all.push(0x80);
        all.resize(blocks * SHA256_BLOCK, 0);
        all[blocks * SHA256_BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
        let mut state = INITIAL;
        let mut rows = Vec::new();
        for (block, padded) in all.as_chunks::<SHA256_BLOCK>().0.iter().enumerate() {
            let from = block * SHA256_BLOCK;
            let rest = bytes.get(from..).unwrap_or_default();
            let byte = |place: usize| rest.get(place).copied().unwrap_or_default();
            let compression = Sha256Row::new(&state, padded);
            let before = state;
            state = compression.after_words();
            let [low, high, third, _] = limbs(bits).map(Val::from_u16);
            let last = block + 1 == blocks;
            rows.push((
                Self {
                    real: Val::ONE,
                    open: Val::from_bool(from <= bytes.len()),
                    region: Val::from_u32(region),
                    block: Val::from_usize(block),
                    rest: Val::from_usize(rest.len()),
                    bits: [low, high, third],
                    ending: if last { [low, high, third] } else { [Val::ZERO; 3] },
                    given: array::from_fn(|place| Val::from_bool(place < rest.len())),
                    bytes: array::from_fn(|place| Val::from_u8(byte(place))),
                    both: array::from_fn(|pair| Val::from_u8(byte(2 * pair) & byte(2 * pair + 1))),
                    before: limbs_of_state(&before),
                    after: limbs_of_state(&state),
                },
                compression,
            ));
        }
        (rows, array::from_fn(|byte| state[byte / 4].to_be_bytes()[byte % 4]))
    }
}

/// The limbs of a state.
fn limbs_of_state(state: &[u32; 8]) -> [Val; 16] {
    array::from_fn(|limb| Val::from_u16((state[limb / 2] >> (16 * (limb % 2))) as u16))
}
