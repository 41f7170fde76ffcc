//! How a row is made.

use super::Sha256KeyRow;
use crate::{stark::Val, tables::region::RegionCells, trace::Preimage};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl Sha256KeyRow<Val> {
    /// The row of a region with this number, whose bytes have this digest.
    pub(crate) fn new(number: u32, region: &Preimage, digest: [u8; 32]) -> Self {
        let number = Val::from_u32(number);
        let length = region.bytes.len() as u32;
        Self {
            real: Val::ONE,
            region: number,
            inverse: number.try_inverse().unwrap_or_default(),
            cells: RegionCells::new(region),
            length: [length & 0xffff, length >> 16]
                .map(|limb| [limb & 0x1fff, limb >> 13].map(Val::from_u32)),
            digest: digest.map(Val::from_u8),
            both: array::from_fn(|pair| Val::from_u8(digest[2 * pair] & digest[2 * pair + 1])),
        }
    }
}
