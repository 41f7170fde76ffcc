//! How a row is made.

use super::ConditionalMoveRow;
use crate::{
    stark::Val,
    trace::Executed,
    word::{limbs, word},
};
use p3_field::{Field, PrimeCharacteristicRing};
use tribunal_mips::Op;

impl ConditionalMoveRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let condition = executed.rt.value;
        let sum: Val = limbs(condition).into_iter().map(Val::from_u16).sum();
        Self {
            step: executed.step(),
            movz: executed.is(Op::Movz),
            movn: executed.is(Op::Movn),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            rd: executed.rd.write(),
            zero: Val::from_bool(condition == 0),
            inverse: sum.try_inverse().unwrap_or_default(),
            result: word(executed.rd.new),
        }
    }
}
