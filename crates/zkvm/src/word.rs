//! Words of 64 bits in the field.

use crate::stark::Val;
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The limbs of a word, the least significant one first.
///
/// Each limb of a word on a bus is below 2^16. The row that sends a new word proves it, and the rows that receive the word
/// rely on it.
pub(crate) type Word<T> = [T; 4];

/// The limbs of a word.
pub(crate) fn limbs(word: u64) -> [u16; 4] {
    array::from_fn(|limb| (word >> (16 * limb)) as u16)
}

/// The limbs of a word in the field.
pub(crate) fn word(word: u64) -> Word<Val> {
    limbs(word).map(Val::from_u16)
}

/// The bytes of a word, limb by limb.
pub(crate) fn pairs<T>(bytes: [T; 8]) -> [[T; 2]; 4] {
    let [a, b, c, d, e, f, g, h] = bytes;
    [[a, b], [c, d], [e, f], [g, h]]
}
