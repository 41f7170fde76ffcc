//! How a row is made.

use super::ValueRow;
use crate::{stark::Val, tables::region::FIRST_DATA, word::pairs};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl ValueRow<Val> {
    /// The rows of a region's bytes. `position` is the place of the first one in the stream, if the key is local.
    pub(crate) fn all(region: u32, bytes: &[u8], local: bool, position: usize) -> impl Iterator<Item = Self> {
        bytes.chunks(8).enumerate().map(move |(number, given)| {
            let byte = |place: usize| given.get(place).copied().unwrap_or_default();
            Self {
                real: Val::ONE,
                local: Val::from_bool(local),
                region: Val::from_u32(region),
                word: Val::from_usize(FIRST_DATA + number),
                rest: Val::from_usize(bytes.len() - 8 * number),
                position: Val::from_usize(position + 8 * number),
                given: array::from_fn(|place| Val::from_bool(place < given.len())),
                bytes: array::from_fn(|place| Val::from_u8(byte(place))),
                both: pairs(array::from_fn(byte)).map(|[one, other]| Val::from_u8(one & other)),
                streamed: array::from_fn(|place| Val::from_bool(local && place < given.len())),
            }
        })
    }
}
