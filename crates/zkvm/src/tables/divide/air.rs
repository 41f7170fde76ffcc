//! The constraints.
//!
//! A division is one of magnitudes: that of the dividend is that of the quotient times that of the divisor, and the
//! remainder, whose magnitude is less than that of the divisor. So there is one quotient, and none if the divisor is 0. The
//! quotient is negative if the signs of the operands differ, and the remainder if the dividend is.

use super::DivideRow;
use crate::{
    bus::{Buses, Operands, Slot},
    decode::SINK,
    stark::Val,
    tables::{NotFixed, Table, signs::Mode},
    word::Word,
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};
use tribunal_mips::{HI, LO, Op};

/// The table of `div`, `divu`, `ddiv` and `ddivu`.
pub(crate) struct Divide;

impl Table for Divide {
    const NAME: &'static str = "divide";
    type Row<T: Copy> = DivideRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &DivideRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.div, Op::Div),
            (row.divu, Op::Divu),
            (row.ddiv, Op::Ddiv),
            (row.ddivu, Op::Ddivu),
        ]);
        let mode = Mode { narrow: row.div + row.divu.into(), wide: row.ddiv + row.ddivu.into() };
        let operands = Operands {
            rd: B::Expr::from_u8(SINK),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);

        let signed = Mode { narrow: row.div.into(), wide: row.ddiv.into() };
        row.dividend.eval(row.rs.value, &signed, builder);
        row.divisor.eval(row.rt.value, &signed, builder);
        let (dividend, divisor) = (row.dividend.negative, row.divisor.negative);
        builder.assert_eq(row.quotient, dividend.into().xor(&divisor.into()));
        let negative = [dividend, divisor, row.quotient];
        for (both, negative) in row.wide_negative.into_iter().zip(negative) {
            builder.assert_eq(both, mode.wide.clone() * negative.into());
        }
        let [dividend, divisor, quotient] =
            array::from_fn(|which| [negative[which], row.wide_negative[which]]);
        has_magnitude(row.rt.value, row.magnitudes.divisor, divisor, &mode, builder);
        has_magnitude(row.low.word, row.magnitudes.quotient, quotient, &mode, builder);
        has_magnitude(row.high.word, row.magnitudes.remainder, dividend, &mode, builder);

        // The limbs of a product are proven to be small by its row.
        for limb in row.magnitudes.remainder {
            builder.range(limb.into(), 16, &real);
        }
        let product = [row.magnitudes.quotient, row.magnitudes.divisor, row.product];
        let [quotient, divisor, product] = product.map(|word| word.map(Into::into));
        let high = array::from_fn(|_| B::Expr::ZERO);
        builder.multiply([quotient, divisor, product, high], &real);
        adds_up(row, &mode, builder);
        remainder_is_small(row, builder, &real);

        row.high.eval(&mode.narrow, builder, &real);
        row.low.eval(&mode.narrow, builder, &real);
        let [high, low] = [row.high.word, row.low.word].map(|word| word.map(Into::into));
        builder.replace(&row.step, (Slot::Middle, HI), &row.hi, high, &real);
        builder.replace(&row.step, (Slot::Rd, LO), &row.lo, low, &real);
    }
}

/// Asserts that a word, or its lower half, is a number with this magnitude. `negative` is 1 if the number is negative or 0,
/// and `wide_negative` if all of the word counts too. A magnitude has no upper half if only the lower ones count.
fn has_magnitude<B: Buses>(
    word: Word<B::Var>,
    magnitude: Word<B::Var>,
    [negative, wide_negative]: [B::Var; 2],
    mode: &Mode<B::Expr>,
    builder: &mut B,
) {
    let shift = Val::from_u32(1 << 16).inverse();
    let mut carry = B::Expr::ZERO;
    for limb in 0..4 {
        let [negative, positive] = if limb < 2 {
            [negative.into(), B::Expr::ONE - negative.into()]
        } else {
            builder.assert_zero(mode.narrow.clone() * magnitude[limb].into());
            [wide_negative.into(), mode.wide.clone() - wide_negative.into()]
        };
        builder.assert_zero(positive * (word[limb] - magnitude[limb].into()));
        // A negative number and its magnitude add up to 0, or to what has no place in the word. So do their limbs: their
        // sum is 0 or 2^16, as both are below 2^16.
        carry = (word[limb] + magnitude[limb].into() + carry) * shift;
        builder.assert_zero(negative * carry.bool_check());
    }
}

/// Asserts that the product and the magnitude of the remainder add up to that of the dividend. If the dividend is negative,
/// all three add up to 2^64 or, if only the lower halves count, 2^32.
fn adds_up<B: Buses>(row: &DivideRow<B::Var>, Mode { narrow, wide }: &Mode<B::Expr>, builder: &mut B) {
    let negative: B::Expr = row.dividend.negative.into();
    let direction = negative.clone().double() - B::Expr::ONE;
    let mut carry = B::Expr::ZERO;
    for limb in 0..4 {
        let magnitude = row.product[limb] + row.magnitudes.remainder[limb].into();
        let carry_out = row.carries.get(limb).map_or(negative.clone(), |&carry| carry.into());
        // All terms are below 2^18, so nothing wraps around.
        let sum = magnitude.clone() + direction.clone() * row.rs.value[limb].into() + carry
            - carry_out.clone() * Val::from_u32(1 << 16);
        if limb < 2 {
            builder.assert_zero(sum);
        } else {
            builder.assert_zero(wide.clone() * sum);
            builder.assert_zero(narrow.clone() * magnitude);
        }
        carry = carry_out;
    }
    builder.assert_zero(narrow.clone() * (row.carries[1].into() - negative));
    for carry in row.carries {
        builder.assert_zero(carry.into().bool_check() * (carry.into() - B::Expr::TWO));
    }
}

/// Asserts that the magnitude of the remainder is less than that of the divisor.
fn remainder_is_small<B: Buses>(row: &DivideRow<B::Var>, builder: &mut B, real: &B::Expr) {
    let (remainder, divisor) = (row.magnitudes.remainder, row.magnitudes.divisor);
    builder.assert_bools(row.differs);
    // Above the highest limb in which they differ, they are equal.
    let mut equal_so_far = real.clone();
    for limb in (0..4).rev() {
        equal_so_far -= row.differs[limb].into();
        builder.assert_zero(equal_so_far.clone() * (remainder[limb] - divisor[limb].into()));
    }
    builder.assert_zero(equal_so_far);
    // There, the divisor exceeds the remainder by 1 at least.
    let difference: B::Expr =
        (0..4).map(|limb| row.differs[limb] * (divisor[limb] - remainder[limb].into())).sum();
    builder.assert_eq(difference, row.distance + real.clone());
    builder.range(row.distance.into(), 16, real);
}
