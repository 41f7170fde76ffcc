//! How a row is made.

use super::LocalKeyRow;
use crate::{stark::Val, tables::region::RegionCells, trace::Preimage};
use core::array;
use p3_field::PrimeCharacteristicRing;

impl LocalKeyRow<Val> {
    /// The row of the local key with this number, counted from 0, at this place in the stream. `previous` is the key before
    /// it.
    pub(crate) fn new(number: u32, position: usize, previous: &[u8; 32], region: &Preimage) -> Self {
        let key = region.key;
        let limb = |key: &[u8; 32], place: usize| u16::from_be_bytes([key[2 * place], key[2 * place + 1]]);
        let differs = (0..16).find(|&place| limb(&key, place) != limb(previous, place)).unwrap_or(15);
        let length = (region.bytes.len() as u32).to_be_bytes();
        Self {
            real: Val::ONE,
            number: Val::from_u32(number),
            position: Val::from_usize(position),
            cells: RegionCells::new(region),
            previous: array::from_fn(|place| Val::from_u16(limb(previous, place))),
            key: key.map(Val::from_u8),
            both: array::from_fn(|pair| Val::from_u8(key[2 * pair] & key[2 * pair + 1])),
            differs: array::from_fn(|place| Val::from_bool(place == differs)),
            by: Val::from_u16(limb(&key, differs)) - Val::from_u16(limb(previous, differs)),
            length: length.map(Val::from_u8),
            length_both: array::from_fn(|pair| Val::from_u8(length[2 * pair] & length[2 * pair + 1])),
        }
    }
}
