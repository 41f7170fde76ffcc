//! How a row is made.

use super::CountRow;
use crate::{stark::Val, tables::power::Power, trace::Executed, word::limbs};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl CountRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let value = executed.rs.value;
        let counted = if executed.is_one_of(&[Op::Clo, Op::Dclo]) { !value } else { value };
        let narrow = executed.is_one_of(&[Op::Clz, Op::Clo]);
        let counted = if narrow { u64::from(counted as u32) } else { counted };
        let mut row = Self {
            step: executed.step(),
            clz: executed.is(Op::Clz),
            clo: executed.is(Op::Clo),
            dclz: executed.is(Op::Dclz),
            dclo: executed.is(Op::Dclo),
            rs: executed.rs.read(),
            rd: executed.rd.write(),
            ends: [Val::ZERO; 4],
            bit: Power::default(),
            below: Val::ZERO,
        };
        if let Some((limb, value)) = limbs(counted).into_iter().enumerate().rfind(|(_, limb)| *limb != 0) {
            row.ends[limb] = Val::ONE;
            row.bit = Power::new(value.ilog2());
            row.below = Val::from_u16(value ^ 1 << value.ilog2());
        }
        row
    }
}
