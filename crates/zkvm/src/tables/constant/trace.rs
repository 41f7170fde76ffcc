//! How a row is made.

use super::LoadConstantRow;
use crate::{stark::Val, trace::Executed};
use p3_field::PrimeCharacteristicRing;

impl LoadConstantRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let constant = executed.decoded.immediate;
        Self {
            step: executed.step(),
            real: Val::ONE,
            high: Val::from_u16((constant >> 16) as u16),
            ones: Val::from_bool(constant < 0),
            rd: executed.rd.write(),
        }
    }
}
