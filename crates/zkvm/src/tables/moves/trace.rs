//! How a row is made.

use super::MoveRow;
use crate::{stark::Val, trace::Executed};
use p3_field::PrimeCharacteristicRing;

impl MoveRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        Self { step: executed.step(), real: Val::ONE, from: executed.rs.read(), to: executed.rd.write() }
    }
}
