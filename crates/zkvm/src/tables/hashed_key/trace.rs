//! How a row is made.

use super::HashedKeyRow;
use crate::{stark::Val, tables::region::RegionCells, trace::Preimage};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

impl HashedKeyRow<Val> {
    /// The row of a region with this number, whose bytes have this digest.
    pub(crate) fn new(number: u32, region: &Preimage, digest: [u8; 32]) -> Self {
        let number = Val::from_u32(number);
        Self {
            real: Val::ONE,
            region: number,
            inverse: number.try_inverse().unwrap_or_default(),
            cells: RegionCells::new(region),
            digest: digest.map(Val::from_u8),
            both: array::from_fn(|pair| Val::from_u8(digest[2 * pair] & digest[2 * pair + 1])),
        }
    }

    /// The same row with another length, to forge it.
    #[cfg(test)]
    pub(crate) fn with_length(mut self, limbs: [u32; 2]) -> Self {
        self.cells.length = limbs.map(Val::from_u32);
        self
    }
}
