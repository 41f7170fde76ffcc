//! How a row is made.

use super::AddImmediateRow;
use crate::{bus::Constant, stark::Val, tables::add::Sum, trace::Executed};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl AddImmediateRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let op = executed.instruction.op;
        let constant = executed.instruction.imm;
        let added = [executed.rs.value, i64::from(constant) as u64];
        Self {
            step: executed.step(),
            daddiu: Val::from_bool(op == Op::Daddiu),
            addiu: Val::from_bool(op == Op::Addiu),
            rs: executed.rs.read(),
            constant: Constant::new(constant),
            rd: executed.rd.write(),
            sum: Sum::new(executed.rd.new, added, op == Op::Addiu),
        }
    }
}
