//! How a row is made.

use super::OracleBoundaryRow;
use crate::{stark::Val, tables::oracle_leaf::OracleLeaf};
use p3_field::PrimeCharacteristicRing;

impl OracleBoundaryRow<Val> {
    /// The row of a leaf with these words, at this place in its region.
    pub(crate) fn new(region: u32, place: u32, words: [u64; 4], uses: [u32; 4]) -> Self {
        Self { real: Val::ONE, leaf: OracleLeaf::new(region, place, words), uses: uses.map(Val::from_u32) }
    }
}
