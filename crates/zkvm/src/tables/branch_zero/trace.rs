//! How a row is made.

use super::BranchZeroRow;
use crate::{stark::Val, trace::Executed, word::limbs};
use p3_field::{Field, PrimeCharacteristicRing};
use tribunal_mips::Op;

impl BranchZeroRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let value = executed.rs.value;
        let sum: Val = limbs(value).into_iter().map(Val::from_u16).sum();
        Self {
            step: executed.step(),
            blez: executed.is(Op::Blez),
            bgtz: executed.is(Op::Bgtz),
            bltz: executed.is(Op::Bltz),
            bgez: executed.is(Op::Bgez),
            rs: executed.rs.read(),
            target: executed.branch_target(),
            goes_to: Val::from_u32(executed.target),
            negative: Val::from_bool(value >> 63 == 1),
            zero: Val::from_bool(value == 0),
            inverse: sum.try_inverse().unwrap_or_default(),
        }
    }
}
