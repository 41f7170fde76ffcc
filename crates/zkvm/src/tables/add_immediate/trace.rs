//! How a row is made.

use super::AddImmediateRow;
use crate::{bus::Constant, stark::Val, tables::add::Sum, trace::Executed};
use tribunal_mips::Op;

impl AddImmediateRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let constant = executed.decoded.immediate;
        let added = [executed.rs.value, i64::from(constant) as u64];
        Self {
            step: executed.step(),
            daddiu: executed.is(Op::Daddiu),
            addiu: executed.is(Op::Addiu),
            rs: executed.rs.read(),
            constant: Constant::new(constant),
            rd: executed.rd.write(),
            sum: Sum::new(executed.rd.new, added, executed.is_one_of(&[Op::Addiu])),
        }
    }
}
