//! How a row is made.

use super::StoreDoubleRow;
use crate::{
    bus::{Constant, WordAddress},
    stark::Val,
    trace::Executed,
};
use tribunal_mips::Op;

impl StoreDoubleRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let constant = executed.decoded.immediate;
        Self {
            step: executed.step(),
            real: executed.is(Op::Sd),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            constant: Constant::new(constant),
            address: WordAddress::new(executed.rs.value, constant),
            memory: executed.memory.cell(),
        }
    }
}
