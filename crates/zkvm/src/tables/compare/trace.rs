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
        let op = executed.instruction.op;
        let immediate = matches!(op, Op::Slti | Op::Sltiu);
        let signed = matches!(op, Op::Slt | Op::Slti);
        let constant = executed.instruction.imm;
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
            slt: Val::from_bool(op == Op::Slt),
            sltu: Val::from_bool(op == Op::Sltu),
            slti: Val::from_bool(op == Op::Slti),
            sltiu: Val::from_bool(op == Op::Sltiu),
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
