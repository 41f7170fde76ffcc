//! How a row is made.

use super::{AddRow, Sum};
use crate::{
    stark::Val,
    trace::Executed,
    word::{limbs, word},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl AddRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let (rs, rt, rd) = (executed.rs.value, executed.rt.value, executed.rd.new);
        let narrow = executed.is_one_of(&[Op::Addu, Op::Subu]);
        let subtracts = executed.is_one_of(&[Op::Dsubu, Op::Subu]);
        let sum = Sum::new(rd, [if subtracts { rd } else { rs }, rt], narrow);
        Self {
            step: executed.step(),
            daddu: executed.is(Op::Daddu),
            dsubu: executed.is(Op::Dsubu),
            addu: executed.is(Op::Addu),
            subu: executed.is(Op::Subu),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            rd: executed.rd.write(),
            sum,
        }
    }
}

impl Sum<Val> {
    /// The cells for a result, and for the two words that are added.
    pub(crate) fn new(result: u64, added: [u64; 2], narrow: bool) -> Self {
        let [a, b] = added.map(limbs);
        let mut carries = [Val::ZERO; 4];
        let mut carry = 0;
        for limb in 0..if narrow { 2 } else { 4 } {
            carry = (u32::from(a[limb]) + u32::from(b[limb]) + carry) >> 16;
            carries[limb] = Val::from_u32(carry);
        }
        let sign = narrow && result >> 31 & 1 == 1;
        Self { result: word(result), carries, sign: Val::from_bool(sign) }
    }
}
