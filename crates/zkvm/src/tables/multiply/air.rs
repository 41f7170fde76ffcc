//! The constraints.
//!
//! Both operands are multiplied as if they had no signs. A negative operand counts 2^64 too much then, so the other one is
//! too often in the upper word of the product, once. The same holds for halves of words and 2^32: then the upper half of the
//! result is the upper half of the lower word of the product.

use super::MultiplyRow;
use crate::{
    bus::{Buses, Operands, Slot},
    decode::SINK,
    stark::Val,
    tables::{NotFixed, Table, signs::Mode},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::{HI, LO, Op};

/// The table of `mult`, `multu`, `dmult`, `dmultu` and `mul`.
pub(crate) struct Multiply;

impl Table for Multiply {
    const NAME: &'static str = "multiply";
    type Row<T: Copy> = MultiplyRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &MultiplyRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.mul, Op::Mul),
            (row.mult, Op::Mult),
            (row.multu, Op::Multu),
            (row.dmult, Op::Dmult),
            (row.dmultu, Op::Dmultu),
        ]);
        let wide = row.dmult + row.dmultu.into();
        let narrow_pair = row.mult + row.multu.into();
        let narrow = narrow_pair.clone() + row.mul.into();
        let writes_high = wide.clone() + narrow_pair.clone();

        // The program names the sink as the destination of all but `mul`. They write LO.
        let register = row.rd.register;
        builder.assert_zero(writes_high.clone() * (register - Val::from_u8(LO)));
        let operands = Operands {
            rd: register + writes_high.clone() * Val::from_u8(SINK - LO),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);

        let [a, b] = [(row.rs.value, row.upper[0]), (row.rt.value, row.upper[1])].map(
            |([first, second, third, fourth], upper)| {
                builder.assert_eq(upper[0], wide.clone() * third.into());
                builder.assert_eq(upper[1], wide.clone() * fourth.into());
                [first, second, upper[0], upper[1]].map(Into::into)
            },
        );
        let [low, high] = row.product;
        builder.multiply([a, b, low.map(Into::into), high.map(Into::into)], &real);

        let [first, second, upper @ ..] = low;
        builder.assert_bool(row.low_sign);
        builder.assert_zero((B::Expr::ONE - narrow.clone()) * row.low_sign.into());
        builder.range(second - row.low_sign * Val::from_u32(1 << 15), 15, &narrow);
        for (limb, upper) in row.low_upper.into_iter().zip(upper) {
            builder.assert_eq(limb, wide.clone() * upper.into() + row.low_sign * Val::from_u16(u16::MAX));
        }
        let low = [first, second, row.low_upper[0], row.low_upper[1]].map(Into::into);
        builder.write(&row.step, Slot::Rd, &row.rd, low, &real);

        let signed = Mode { narrow: row.mult.into(), wide: row.dmult.into() };
        row.signs[0].eval(row.rs.value, &signed, builder);
        row.signs[1].eval(row.rt.value, &signed, builder);
        account_for_signs(row, builder, &Mode { narrow: narrow_pair.clone(), wide });
        row.high.eval(&narrow_pair, builder, &writes_high);
        let high = row.high.word.map(Into::into);
        builder.replace(&row.step, (Slot::Middle, HI), &row.hi, high, &writes_high);
    }
}

/// Asserts the upper half of the result: that of the product, less each operand whose other one is negative. Of `high`, the
/// upper half is asserted only if the mode is wide.
fn account_for_signs<B: Buses>(row: &MultiplyRow<B::Var>, builder: &mut B, mode: &Mode<B::Expr>) {
    let Mode { narrow, wide } = mode;
    let [low, high] = row.product;
    let [s, t] = row.signs.map(|sign| sign.negative);
    let mut carry = B::Expr::ZERO;
    for limb in 0..4 {
        let carry_out: B::Expr = row.carries[limb].into();
        let less = s * row.rt.value[limb] + t * row.rs.value[limb];
        // All terms are below 2^18, so nothing wraps around.
        let unsigned = row.high.word[limb] + less + carry - carry_out.clone() * Val::from_u32(1 << 16);
        builder.assert_zero(wide.clone() * (unsigned.clone() - high[limb].into()));
        if limb < 2 {
            builder.assert_zero(narrow.clone() * (unsigned - low[limb + 2].into()));
        }
        builder.assert_zero(
            carry_out.clone() * (carry_out.clone() - B::Expr::ONE) * (carry_out.clone() - B::Expr::TWO),
        );
        carry = carry_out;
    }
}
