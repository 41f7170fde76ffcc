//! How a row is made.

use super::CompareRow;
use crate::{
    bus::Constant,
    stark::Val,
    trace::Executed,
    word::{limbs, word},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl CompareRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let immediate = executed.is_one_of(&[Op::Slti, Op::Sltiu]);
        let signed = executed.is_one_of(&[Op::Slt, Op::Slti]);
        let constant = executed.decoded.immediate;
        let a = executed.rs.value;
        let b = if immediate { i64::from(constant) as u64 } else { executed.rt.value };
        let mut rt = executed.rt.read();
        rt.value = word(b);

        let mut differs = [Val::ZERO; 4];
        let mut distance = 0;
        let highest = limbs(a).into_iter().zip(limbs(b)).enumerate().rfind(|(_, (a, b))| a != b);
        if let Some((limb, (a, b))) = highest {
            differs[limb] = Val::ONE;
            distance = a.abs_diff(b) - 1;
        }
        Self {
            step: executed.step(),
            slt: executed.is(Op::Slt),
            sltu: executed.is(Op::Sltu),
            slti: executed.is(Op::Slti),
            sltiu: executed.is(Op::Sltiu),
            rs: executed.rs.read(),
            rt,
            constant: if immediate { Constant::new(constant) } else { Constant::new(0) },
            rd: executed.rd.write(),
            differs,
            below: Val::from_bool(a < b),
            distance: Val::from_u16(distance),
            signs: [a, b].map(|operand| Val::from_bool(signed && operand >> 63 == 1)),
            less: Val::from_bool(executed.rd.new == 1),
        }
    }
}
