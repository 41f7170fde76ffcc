//! How a row is made.

use super::BranchLinkRow;
use crate::{stark::Val, trace::Executed};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl BranchLinkRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        Self {
            step: executed.step(),
            bltzal: executed.is(Op::Bltzal),
            bgezal: executed.is(Op::Bgezal),
            rs: executed.rs.read(),
            target: executed.branch_target(),
            goes_to: Val::from_u32(executed.target),
            negative: Val::from_bool(executed.rs.value >> 63 == 1),
            rd: executed.rd.write(),
            link: executed.return_address(),
        }
    }
}
