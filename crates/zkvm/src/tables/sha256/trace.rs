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
        let input: [u32; 24] = array::from_fn(|_| words.next().unwrap_or_default());
        let cells = generate_trace_rows(vec![input], 0).values;
        let mut row = Self {
            real: Val::ONE,
            cells: array::from_fn(|cell| cells[cell]),
            block: array::from_fn(|word| limbs(input[word])),
            after: [[Val::ZERO; 2]; 8],
        };
        row.after = row.after_words().map(limbs);
        row
    }

    /// The row that fills the table.
    pub(crate) fn filler() -> Self {
        Self { real: Val::ZERO, ..Self::new(&[0; 8], &[0; 64]) }
    }

    /// The state after it.
    pub(crate) fn after_words(&self) -> [u32; 8] {
        self.columns()
            .h_out
            .map(|bits| bits.iter().rev().fold(0, |word, bit| word << 1 | u32::from(*bit == Val::ONE)))
    }
}

/// The limbs of a word, the lower one first.
fn limbs(word: u32) -> [Val; 2] {
    [word as u16, (word >> 16) as u16].map(Val::from_u16)
}
