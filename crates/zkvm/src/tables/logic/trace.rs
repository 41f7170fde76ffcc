//! How a row is made.

use super::LogicRow;
use crate::{stark::Val, trace::Executed, word::word};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl LogicRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        Self {
            step: executed.step(),
            and: executed.is(Op::And),
            or: executed.is(Op::Or),
            xor: executed.is(Op::Xor),
            nor: executed.is(Op::Nor),
            rs: executed.rs.read_bytes(),
            rt: executed.rt.read_bytes(),
            rd: executed.rd.write(),
            both: (executed.rs.value & executed.rt.value).to_le_bytes().map(Val::from_u8),
            result: word(executed.rd.new),
        }
    }
}
