//! How a row is made.

use super::AdviceKeyRow;
use crate::{stark::Val, tables::region::RegionCells, trace::Preimage};
use p3_field::PrimeCharacteristicRing;

impl AdviceKeyRow<Val> {
    /// The row of a region of advice.
    pub(crate) fn new(number: u32, region: &Preimage) -> Self {
        Self {
            real: Val::ONE,
            index: [number & 0xffff, number >> 16 & 0xfff].map(Val::from_u32),
            cells: RegionCells::new(region),
        }
    }
}
