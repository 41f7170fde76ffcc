//! How a row is made.

use super::MultiplyRow;
use crate::{
    stark::Val,
    tables::signs::{Extended, Sign},
    trace::Executed,
    word::{limbs, word},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

impl MultiplyRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        let wide = executed.is_one_of(&[Op::Dmult, Op::Dmultu]);
        let signed = executed.is_one_of(&[Op::Dmult, Op::Mult]);
        let writes_high = !executed.is_one_of(&[Op::Mul]);
        let rd = if writes_high { &executed.lo } else { &executed.rd };
        let (hi, high) = if writes_high { (executed.hi, executed.hi.new) } else { Default::default() };

        let operands = [executed.rs.value, executed.rt.value];
        let [a, b] = operands.map(|operand| if wide { operand } else { u64::from(operand as u32) });
        let product = u128::from(a) * u128::from(b);
        let signs = operands.map(|operand| if signed { Sign::new(operand, !wide) } else { Sign::none() });
        let upper = |[_, _, upper @ ..]: [Val; 4]| upper;
        Self {
            step: executed.step(),
            mul: executed.is(Op::Mul),
            mult: executed.is(Op::Mult),
            multu: executed.is(Op::Multu),
            dmult: executed.is(Op::Dmult),
            dmultu: executed.is(Op::Dmultu),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            hi: hi.replaced(),
            rd: rd.write(),
            upper: [a, b].map(|operand| upper(word(operand))),
            product: [product as u64, (product >> 64) as u64].map(word),
            carries: carries(high, [a, b], signs.map(|sign| sign.negative == Val::ONE), wide),
            signs,
            high: Extended::new(high, writes_high && !wide),
            low_upper: upper(word(rd.new)),
            low_sign: Val::from_bool(!wide && rd.new >> 31 & 1 == 1),
        }
    }
}

/// What is carried from each limb when the upper half of the result and each operand whose other one is negative are added.
pub(super) fn carries(high: u64, [a, b]: [u64; 2], [s, t]: [bool; 2], wide: bool) -> [Val; 4] {
    let added = [high, if s { b } else { 0 }, if t { a } else { 0 }].map(limbs);
    let mut carries = [Val::ZERO; 4];
    let mut carry = 0;
    for limb in 0..if wide { 4 } else { 2 } {
        carry = (added.iter().map(|word| u32::from(word[limb])).sum::<u32>() + carry) >> 16;
        carries[limb] = Val::from_u32(carry);
    }
    carries
}
