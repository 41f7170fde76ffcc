//! How a row is made.

use super::{DivideRow, columns::Magnitudes};
use crate::{
    stark::Val,
    tables::signs::{Extended, Sign},
    trace::Executed,
    word::{limbs, word},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// A division of numbers without their signs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Division {
    /// Whether all of the words counts.
    pub(super) wide: bool,
    /// Whether the operands have signs.
    pub(super) signed: bool,
    /// Whether the dividend and the divisor are negative.
    pub(super) negative: [bool; 2],
    /// The magnitudes.
    pub(super) divisor: u64,
    pub(super) quotient: u64,
    pub(super) remainder: u64,
}

impl Division {
    pub(super) fn new(executed: &Executed) -> Self {
        let wide = executed.is_one_of(&[Op::Ddiv, Op::Ddivu]);
        let signed = executed.is_one_of(&[Op::Div, Op::Ddiv]);
        let operands = [executed.rs.value, executed.rt.value].map(|operand| match (wide, signed) {
            (true, _) => operand,
            (false, true) => i64::from(operand as i32) as u64,
            (false, false) => u64::from(operand as u32),
        });
        let negative = operands.map(|operand| signed && operand >> 63 == 1);
        let magnitude =
            |which: usize| if negative[which] { operands[which].wrapping_neg() } else { operands[which] };
        let (dividend, divisor) = (magnitude(0), magnitude(1));
        let [quotient, remainder] = [dividend / divisor, dividend % divisor];
        Self { wide, signed, negative, divisor, quotient, remainder }
    }

    /// The number with this magnitude and sign as a result.
    fn result(&self, magnitude: u64, negative: bool) -> u64 {
        let number = if negative { magnitude.wrapping_neg() } else { magnitude };
        if self.wide { number } else { i64::from(number as i32) as u64 }
    }
}

impl DivideRow<Val> {
    pub(crate) fn new(executed: &Executed) -> Self {
        Self::with(executed, &Division::new(executed))
    }

    /// The row that says that this is the division.
    pub(super) fn with(executed: &Executed, division: &Division) -> Self {
        let Division { wide, signed, negative: [dividend, divisor], .. } = *division;
        let negative = [dividend, divisor, dividend != divisor];
        let sign = |operand: u64, negative: bool| {
            let sign = if signed { Sign::new(operand, !wide) } else { Sign::none() };
            Sign { negative: Val::from_bool(negative), ..sign }
        };
        let product = division.quotient.wrapping_mul(division.divisor);
        let differs =
            limbs(division.remainder).into_iter().zip(limbs(division.divisor)).rposition(|(a, b)| a != b);
        let distance = differs.map_or(Val::ZERO, |limb| {
            word(division.divisor)[limb] - word(division.remainder)[limb] - Val::ONE
        });
        Self {
            step: executed.step(),
            div: executed.is(Op::Div),
            divu: executed.is(Op::Divu),
            ddiv: executed.is(Op::Ddiv),
            ddivu: executed.is(Op::Ddivu),
            rs: executed.rs.read(),
            rt: executed.rt.read(),
            hi: executed.hi.replaced(),
            lo: executed.lo.replaced(),
            dividend: sign(executed.rs.value, dividend),
            divisor: sign(executed.rt.value, divisor),
            quotient: Val::from_bool(negative[2]),
            wide_negative: negative.map(|negative| Val::from_bool(wide && negative)),
            magnitudes: Magnitudes {
                divisor: word(division.divisor),
                quotient: word(division.quotient),
                remainder: word(division.remainder),
            },
            product: word(product),
            carries: carries(
                [product, division.remainder, if dividend { executed.rs.value } else { 0 }],
                wide,
            ),
            differs: array::from_fn(|limb| Val::from_bool(differs == Some(limb))),
            distance,
            high: Extended::new(division.result(division.remainder, negative[0]), !wide),
            low: Extended::new(division.result(division.quotient, negative[2]), !wide),
        }
    }
}

/// What is carried from each limb but the last when three words, or their lower halves, are added.
fn carries(words: [u64; 3], wide: bool) -> [Val; 3] {
    let words = words.map(limbs);
    let mut carries = [Val::ZERO; 3];
    let mut carry = 0;
    for limb in 0..if wide { 3 } else { 2 } {
        carry = (words.iter().map(|word| u32::from(word[limb])).sum::<u32>() + carry) >> 16;
        carries[limb] = Val::from_u32(carry);
    }
    carries
}
