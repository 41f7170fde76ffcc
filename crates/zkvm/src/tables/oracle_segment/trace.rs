//! How a row is made.

use super::OracleSegmentRow;
use crate::stark::Val;
use core::array;
use p3_field::PrimeCharacteristicRing;

impl OracleSegmentRow<Val> {
    /// The row of a segment with so many local keys, so many bytes that are hashed of them, and this last key.
    pub(crate) fn new(count: u32, length: usize, last: &[u8; 32]) -> Self {
        Self {
            count: Val::from_u32(count),
            length: Val::from_usize(length),
            last: array::from_fn(|place| {
                Val::from_u16(u16::from_be_bytes([last[2 * place], last[2 * place + 1]]))
            }),
        }
    }
}
