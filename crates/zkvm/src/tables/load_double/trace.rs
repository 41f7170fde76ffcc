//! How a row is made.

use super::LoadDoubleRow;
use crate::{
    bus::{Constant, WordAddress},
    stark::Val,
    trace::Executed,
};
use tribunal_mips::Op;

impl LoadDoubleRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let constant = executed.decoded.immediate;
        Self {
            step: executed.step(),
            real: executed.is(Op::Ld),
            rs: executed.rs.read(),
            constant: Constant::new(constant),
            address: WordAddress::new(executed.rs.value, constant),
            memory: executed.memory.cell(),
            rd: executed.rd.write(),
        }
    }
}
