//! How the rows are made.

use crate::stark::Val;
use core::borrow::BorrowMut;
use p3_field::PrimeCharacteristicRing;
use p3_keccak_air::{KeccakCols, NUM_ROUNDS, generate_trace_rows};

/// The rows of permutations of these inputs, filled to a power of two.
pub(crate) fn permutations(mut inputs: Vec<[u64; 25]>) -> Vec<Val> {
    let real = inputs.len();
    if inputs.is_empty() {
        inputs.push([0; 25]);
    }
    let mut rows = generate_trace_rows(inputs, 0);
    for permutation in 0..real {
        let last: &mut KeccakCols<Val> = rows.row_mut(NUM_ROUNDS * permutation + NUM_ROUNDS - 1).borrow_mut();
        last.export = Val::ONE;
    }
    rows.values
}
