//! How a row is made.

use super::LogicImmediateRow;
use crate::{stark::Val, trace::Executed, word::word};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl LogicImmediateRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let (register, constant) = (executed.rs.value as u16, executed.decoded.immediate as u16);
        let [_, upper @ ..] = word(executed.rs.value);
        Self {
            step: executed.step(),
            andi: executed.is(Op::Andi),
            ori: executed.is(Op::Ori),
            xori: executed.is(Op::Xori),
            rs: Val::from_u8(executed.rs.register),
            before: Val::from_u32(executed.rs.before),
            low: register.to_le_bytes().map(Val::from_u8),
            upper,
            constant: constant.to_le_bytes().map(Val::from_u8),
            both: (register & constant).to_le_bytes().map(Val::from_u8),
            result: word(executed.rd.new),
            rd: executed.rd.write(),
        }
    }
}
