//! The hash of the state tree: Poseidon2 of width 16, with feed-forward.
//!
//! A permutation can be inverted, so its truncated output alone would not bind its input. The digest of x is the first half
//! of P(x) + x.

use crate::{stark::Val, tables::SPACE_LEVELS};
use core::array;
use p3_field::PrimeCharacteristicRing;
use p3_koala_bear::{
    GenericPoseidon2LinearLayersKoalaBear, KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL,
    KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL, KOALABEAR_POSEIDON2_RC_16_INTERNAL,
};
use p3_poseidon2::GenericPoseidon2LinearLayers;

/// The elements that a permutation permutes.
pub(crate) const WIDTH: usize = 16;
/// The full rounds before the partial ones, and as many after them.
pub(crate) const HALF_ROUNDS: usize = 4;
/// The partial rounds.
pub(crate) const PARTIAL_ROUNDS: usize = 20;

/// The constants of the full rounds before the partial ones.
pub(crate) const FIRST: [[Val; WIDTH]; HALF_ROUNDS] = KOALABEAR_POSEIDON2_RC_16_EXTERNAL_INITIAL;
/// The constants of the partial rounds.
pub(crate) const MIDDLE: [Val; PARTIAL_ROUNDS] = KOALABEAR_POSEIDON2_RC_16_INTERNAL;
/// The constants of the full rounds after the partial ones.
pub(crate) const LAST: [[Val; WIDTH]; HALF_ROUNDS] = KOALABEAR_POSEIDON2_RC_16_EXTERNAL_FINAL;

/// A node or leaf of the state tree.
pub type Digest = [Val; 8];

/// What is added to the last limb of a leaf that is written, in the space of the oracle.
pub(crate) const MARK: u32 = 1 << 16;

/// The digest of a leaf of zeros, without a mark.
pub(crate) const EMPTY_LEAF: Digest = Val::new_array([
    1_467_453_764,
    68_262_570,
    2_085_334_433,
    1_711_169_726,
    869_537_427,
    698_494_029,
    1_998_923_102,
    727_938_840,
]);

/// A leaf with the mark.
#[cfg(feature = "record")]
pub(crate) fn mark(mut limbs: [Val; WIDTH]) -> [Val; WIDTH] {
    limbs[WIDTH - 1] += Val::from_u32(MARK);
    limbs
}

/// The linear layer before the first round and at the end of each full one.
pub(crate) fn mix<R: PrimeCharacteristicRing>(state: &mut [R; WIDTH]) {
    GenericPoseidon2LinearLayersKoalaBear::external_linear_layer(state);
}

/// The linear layer at the end of each partial round.
pub(crate) fn mix_partial<R: PrimeCharacteristicRing>(state: &mut [R; WIDTH]) {
    GenericPoseidon2LinearLayersKoalaBear::internal_linear_layer(state);
}

/// What the rounds of a permutation leave behind.
pub(crate) trait Rounds {
    /// After a full round. They are counted from 0, before the partial rounds and after them.
    fn full(&mut self, round: usize, state: &[Val; WIDTH]) {
        let _ = (round, state);
    }

    /// After a partial round's S-box.
    fn partial(&mut self, round: usize, first: Val) {
        let _ = (round, first);
    }
}

impl Rounds for () {}

/// The permutation.
pub(crate) fn permute(mut state: [Val; WIDTH], rounds: &mut impl Rounds) -> [Val; WIDTH] {
    let full = |round: usize, constants: &[Val; WIDTH], state: &mut [Val; WIDTH], rounds: &mut dyn Rounds| {
        for (element, constant) in state.iter_mut().zip(constants) {
            *element = (*element + *constant).cube();
        }
        mix(state);
        rounds.full(round, state);
    };
    mix(&mut state);
    for (round, constants) in FIRST.iter().enumerate() {
        full(round, constants, &mut state, rounds);
    }
    for (round, constant) in MIDDLE.into_iter().enumerate() {
        state[0] = (state[0] + constant).cube();
        rounds.partial(round, state[0]);
        mix_partial(&mut state);
    }
    for (round, constants) in LAST.iter().enumerate() {
        full(HALF_ROUNDS + round, constants, &mut state, rounds);
    }
    state
}

/// The digest of a leaf: of its 16 limbs.
pub(crate) fn hash_leaf(limbs: &[Val; WIDTH]) -> Digest {
    let permuted = permute(*limbs, &mut ());
    array::from_fn(|element| permuted[element] + limbs[element])
}

/// The digest of a node.
pub(crate) fn hash_node(left: &Digest, right: &Digest) -> Digest {
    hash_leaf(&array::from_fn(|element| if element < 8 { left[element] } else { right[element - 8] }))
}

/// The root of a space in which every word is 0.
pub(crate) fn empty_space() -> Digest {
    (0..SPACE_LEVELS).fold(hash_leaf(&[Val::ZERO; WIDTH]), |digest, _| hash_node(&digest, &digest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use p3_koala_bear::default_koalabear_poseidon2_16;
    use p3_symmetric::Permutation;

    #[test]
    fn the_digest_of_zeros_is_right() {
        assert_eq!(hash_leaf(&[Val::ZERO; WIDTH]), EMPTY_LEAF);
    }

    #[test]
    fn it_is_the_permutation_of_the_field() {
        let mut state: [Val; WIDTH] = array::from_fn(|element| Val::from_usize(element * element + 1));
        for _ in 0..3 {
            let expected = default_koalabear_poseidon2_16().permute(state);
            state = permute(state, &mut ());
            assert_eq!(state, expected);
        }
    }
}
