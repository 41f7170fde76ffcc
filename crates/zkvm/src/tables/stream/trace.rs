//! How a row is made.

use super::StreamRow;
use crate::stark::Val;
use core::array;
use p3_field::PrimeCharacteristicRing;

impl StreamRow<Val> {
    /// The rows of a stream but for its first word, which is the count.
    pub(crate) fn all(stream: &[u8]) -> impl Iterator<Item = Self> {
        stream.chunks(8).enumerate().skip(1).map(|(word, given)| Self {
            real: Val::ONE,
            word: Val::from_usize(word),
            given: array::from_fn(|place| Val::from_bool(place < given.len())),
            bytes: array::from_fn(|place| Val::from_u8(given.get(place).copied().unwrap_or_default())),
        })
    }
}
