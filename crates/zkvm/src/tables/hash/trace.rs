//! How a row is made.

use super::HashRow;
use crate::{
    hash::{HALF_ROUNDS, PARTIAL_ROUNDS, Rounds, WIDTH, permute},
    stark::Val,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl HashRow<Val> {
    /// The row of a permutation that is used this often. The permutation of zeros, used 0 times, fills the table.
    pub(crate) fn new(input: [Val; WIDTH], uses: u32) -> Self {
        let mut row = Self {
            input,
            first: [[Val::ZERO; WIDTH]; HALF_ROUNDS],
            middle: [Val::ZERO; PARTIAL_ROUNDS],
            last: [[Val::ZERO; WIDTH]; HALF_ROUNDS - 1],
            output: [Val::ZERO; 8],
            uses: Val::from_u32(uses),
        };
        let output = permute(input, &mut row);
        row.output = array::from_fn(|element| output[element]);
        row
    }
}

impl Rounds for HashRow<Val> {
    fn full(&mut self, round: usize, state: &[Val; WIDTH]) {
        match round.checked_sub(HALF_ROUNDS) {
            None => self.first[round] = *state,
            Some(round) => {
                if let Some(last) = self.last.get_mut(round) {
                    *last = *state;
                }
            }
        }
    }

    fn partial(&mut self, round: usize, first: Val) {
        self.middle[round] = first;
    }
}
