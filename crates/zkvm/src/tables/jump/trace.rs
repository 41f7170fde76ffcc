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
        let [mut low, mut high] = [0; 2];
        if links {
            let after = executed.pc + 2;
            [low, high] = [after & 0x3fff, after >> 14];
        }
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
            link: [low, high].map(Val::from_u32),
        }
    }
}
