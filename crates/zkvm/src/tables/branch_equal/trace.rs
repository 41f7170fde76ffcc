//! How a row is made.

use super::BranchEqualRow;
use crate::{stark::Val, trace::Executed, word::limbs};
use p3_field::{Field, PrimeCharacteristicRing};
use tribunal_mips::Op;

impl BranchEqualRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let (a, b) = (executed.rs.value, executed.rt.value);
        let mut witness = [Val::ZERO; 4];
        let apart = limbs(a).into_iter().zip(limbs(b)).enumerate().find(|(_, (a, b))| a != b);
        if let Some((limb, (a, b))) = apart {
            witness[limb] = (Val::from_u16(a) - Val::from_u16(b)).inverse();
        }
        Self {
            step: executed.step(),
            beq: executed.is(Op::Beq),
            bne: executed.is(Op::Bne),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            target: executed.branch_target(),
            goes_to: Val::from_u32(executed.target),
            equal: Val::from_bool(a == b),
            witness,
        }
    }
}
