//! How a row is made.

use super::Sha256Row;
use crate::stark::Val;
use core::array;
use p3_field::PrimeCharacteristicRing;
use p3_sha256_air::generate_trace_rows;

impl Sha256Row<Val> {
    /// The row of the compression of a block into a state.
    pub(crate) fn new(state: &[u32; 8], block: &[u8; 64]) -> Self {
        let words = block.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word));
        let mut words = words.chain(state.iter().copied());
        let input = array::from_fn(|_| words.next().unwrap_or_default());
        let row = generate_trace_rows(vec![input], 0);
        Self { real: Val::ONE, cells: array::from_fn(|cell| row.values[cell]) }
    }

    /// The row that fills the table.
    pub(crate) fn filler() -> Self {
        Self { real: Val::ZERO, ..Self::new(&[0; 8], &[0; 64]) }
    }

    /// The state after it.
    pub(crate) fn after(&self) -> [u32; 8] {
        self.columns()
            .h_out
            .map(|bits| bits.iter().rev().fold(0, |word, bit| word << 1 | u32::from(*bit == Val::ONE)))
    }
}
