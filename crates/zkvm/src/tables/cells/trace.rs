//! How a row is made.

use super::CellsRow;
use crate::{stark::Val, tables::LeafCells, trace::TouchedLeaf};
use p3_field::PrimeCharacteristicRing;

impl CellsRow<Val> {
    pub(crate) fn new(index: u32, leaf: &TouchedLeaf) -> Self {
        Self {
            real: Val::ONE,
            index: [index & 0xffff, index >> 16].map(Val::from_u32),
            leaf: LeafCells::new(leaf),
        }
    }
}
