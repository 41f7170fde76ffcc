//! How a row is made.

use super::LogicRow;
use crate::{stark::Val, trace::Executed, word::word};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl LogicRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let op = executed.instruction.op;
        Self {
            step: executed.step(),
            and: Val::from_bool(op == Op::And),
            or: Val::from_bool(op == Op::Or),
            xor: Val::from_bool(op == Op::Xor),
            nor: Val::from_bool(op == Op::Nor),
            rs: executed.rs.read_bytes(),
            rt: executed.rt.read_bytes(),
            rd: executed.rd.write(),
            both: (executed.rs.value & executed.rt.value).to_le_bytes().map(Val::from_u8),
            result: word(executed.rd.new),
        }
    }
}
