//! How a row is made.

use super::NopRow;
use crate::{stark::Val, trace::Executed};
use p3_field::PrimeCharacteristicRing;

impl NopRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        Self { step: executed.step(), real: Val::ONE }
    }
}
