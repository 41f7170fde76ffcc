//! How a row is made.

use super::JumpRow;
use crate::{stark::Val, trace::Executed};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl JumpRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let to_register = executed.is_one_of(&[Op::Jr, Op::Jalr]);
        let links = executed.is_one_of(&[Op::Jal, Op::Jalr]);
        let target = Val::from_u32(executed.target);
        Self {
            step: executed.step(),
            j: executed.is(Op::J),
            jal: executed.is(Op::Jal),
            jr: executed.is(Op::Jr),
            jalr: executed.is(Op::Jalr),
            rs: executed.rs.read(),
            rs_words: Val::from_u32(executed.rs.value as u32 >> 2 & 0x3fff),
            constant: if to_register { Val::ZERO } else { target },
            target,
            rd: executed.rd.write(),
            link: if links { executed.return_address() } else { [Val::ZERO; 2] },
        }
    }
}
