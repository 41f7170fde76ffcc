//! How a row is made.

use super::LogicImmediateRow;
use crate::{stark::Val, trace::Executed, word::word};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl LogicImmediateRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let op = executed.instruction.op;
        let (register, constant) = (executed.rs.value as u16, executed.instruction.imm as u16);
        let [_, upper @ ..] = word(executed.rs.value);
        Self {
            step: executed.step(),
            andi: Val::from_bool(op == Op::Andi),
            ori: Val::from_bool(op == Op::Ori),
            xori: Val::from_bool(op == Op::Xori),
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
