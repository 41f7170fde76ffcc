//! The constraints.
//!
//! An amount is 16 q + r. First the word is shifted by q whole limbs, then by r bits. For the second part each limb is taken
//! apart: limb = upper 2^(16 - b) + lower, where the upper part has b bits and the lower one has 16 - b bits. Then
//!
//! - shifted left, where b = r, a limb is lower 2^b + the upper part of the limb below it;
//! - shifted right, where b = 16 - r, it is its own upper part + 2^b times the lower part of the limb above it.
//!
//! Because both parts have exactly these bits, there is one way to take a limb apart, and no number here reaches 2^17. (The
//! product of a limb and 2^15 could exceed the prime, and then there would be two ways.)

use super::ShiftRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of all shifts.
pub(crate) struct Shift;

/// From the number of a shift of 32 bits by a constant to that of the same shift by a register.
const TO_NARROW_VARIABLE: i32 = distance([(Op::Sll, Op::Sllv), (Op::Srl, Op::Srlv), (Op::Sra, Op::Srav)]);

/// From the number of a shift of 64 bits by a constant to that of the same shift by a register.
const TO_WIDE_VARIABLE: i32 = distance([(Op::Dsll, Op::Dsllv), (Op::Dsrl, Op::Dsrlv), (Op::Dsra, Op::Dsrav)]);

/// The distance between the numbers of two operations, which is the same for all pairs.
const fn distance([(a, b), (c, d), (e, f)]: [(Op, Op); 3]) -> i32 {
    let distance = b as i32 - a as i32;
    assert!(d as i32 - c as i32 == distance && f as i32 - e as i32 == distance, "they differ");
    distance
}

impl Table for Shift {
    const NAME: &'static str = "shift";
    type Row<T: Copy> = ShiftRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ShiftRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.sll, Op::Sll),
            (row.srl, Op::Srl),
            (row.sra, Op::Sra),
            (row.dsll, Op::Dsll),
            (row.dsrl, Op::Dsrl),
            (row.dsra, Op::Dsra),
        ]);
        let narrow = row.sll + row.srl.into() + row.sra.into();
        let wide = row.dsll + row.dsrl.into() + row.dsra.into();
        for (variable, width) in [(row.narrow_variable, narrow), (row.wide_variable, wide)] {
            builder.assert_bool(variable);
            builder.assert_zero(variable * (B::Expr::ONE - width));
        }
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            immediate: [row.constant.into(), B::Expr::ZERO, B::Expr::ZERO],
            op: op
                + row.narrow_variable * Val::from_i32(TO_NARROW_VARIABLE)
                + row.wide_variable * Val::from_i32(TO_WIDE_VARIABLE),
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        let variable = row.narrow_variable + row.wide_variable.into();
        builder.read(&row.step, Slot::Rs, &row.rs, &variable);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);

        amount(row, builder, &real, &variable);
        take_apart(row, builder, &real);
        put_together(row, builder);
        sign(row, builder, &real);

        builder.write(&row.step, Slot::Rd, &row.rd, row.result.map(Into::into), &real);
    }
}

/// Asserts that the whole limbs and the bits are the amount, of which only as much counts as is below the width.
fn amount<B: Buses>(row: &ShiftRow<B::Var>, builder: &mut B, real: &B::Expr, variable: &B::Expr) {
    let [one, two, three] = row.whole;
    builder.assert_bools(row.whole);
    builder.assert_bool(one + two.into() + three.into());
    builder.assert_zero((row.sll + row.srl.into() + row.sra.into()) * (two + three.into()));

    let left = row.sll + row.dsll.into();
    let right = row.srl + row.sra.into() + row.dsrl.into() + row.dsra.into();
    let power = row.power;
    builder.power(right.clone(), &power, real);
    let limbs = one + two.into().double() + three * Val::from_u8(3);
    let bits = left * power.bits + right * (B::Expr::from_u8(16) - power.bits.into());
    let amount = limbs * Val::from_u8(16) + bits;

    let constant = real.clone() - variable.clone();
    let width = B::Expr::from_u8(64) - row.narrow_variable * Val::from_u8(32);
    let given = constant.clone() * row.constant.into() + variable.clone() * row.rs.value[0].into();
    builder.assert_eq(given, amount + width * row.excess.into());
    builder.assert_zero(constant * row.excess.into());
    builder.variable_range(row.excess.into(), row.narrow_variable + Val::from_u8(10), variable);
}

/// Asserts that the parts are those of the limbs of the word that was shifted by whole limbs.
fn take_apart<B: Buses>(row: &ShiftRow<B::Var>, builder: &mut B, real: &B::Expr) {
    let [one, two, three] = row.whole.map(Into::into);
    let none = B::Expr::ONE - one.clone() - two.clone() - three.clone();
    let whole: [B::Expr; 4] = [none, one, two, three];
    let word = row.rt.value;
    let ones = row.sign * Val::from_u16(u16::MAX);
    for place in 0..4 {
        let from_below: B::Expr = (0..=place).map(|by| whole[by].clone() * word[place - by]).sum();
        // Of a word of this many limbs, what is above it and comes to this place.
        let from_above = |limbs: usize| {
            let beyond = limbs.saturating_sub(place);
            let limb: B::Expr = (0..beyond).map(|by| whole[by].clone() * word[place + by]).sum();
            let fill: B::Expr = whole[beyond..].iter().cloned().sum();
            (limb, fill)
        };
        let (narrow, narrow_fill) = from_above(2);
        let (wide, wide_fill) = from_above(4);
        let limb = (row.sll + row.dsll.into()) * from_below
            + (row.srl + row.sra.into()) * narrow
            + (row.dsrl + row.dsra.into()) * wide
            + ones.clone() * (row.sra * narrow_fill + row.dsra * wide_fill);

        let (upper, lower) = (row.upper[place], row.lower[place]);
        builder.assert_eq(limb, upper * row.power.rest + lower.into());
        builder.variable_range(upper.into(), row.power.bits.into(), real);
        builder.variable_range(lower.into(), B::Expr::from_u8(16) - row.power.bits.into(), real);
    }
}

/// Asserts that the result consists of the parts.
fn put_together<B: Buses>(row: &ShiftRow<B::Var>, builder: &mut B) {
    let ShiftRow { upper, lower, .. } = row;
    let power = row.power.power;
    let wide_right = row.dsrl + row.dsra.into();
    for (place, result) in row.result.into_iter().enumerate() {
        let below = if place == 0 { B::Expr::ZERO } else { upper[place - 1].into() };
        let shifted_left = lower[place] * power + below;
        let shifted = match place {
            // Above a 32-bit operand, the third limb has parts of what fills it.
            0 | 1 => {
                let right = wide_right.clone() + row.srl.into() + row.sra.into();
                (row.sll + row.dsll.into()) * shifted_left + right * (upper[place] + lower[place + 1] * power)
            }
            2 => row.dsll * shifted_left + wide_right.clone() * (upper[2] + lower[3] * power),
            _ => {
                let ones = B::Expr::from_u32(1 << 16) - power.into();
                row.dsll * shifted_left + wide_right.clone() * upper[3] + row.dsra * row.sign * ones
            }
        };
        let extension = (row.sll + row.srl.into() + row.sra.into()) * row.sign * Val::from_u16(u16::MAX);
        builder.assert_eq(result, if place < 2 { shifted } else { shifted + extension });
    }
}

/// Asserts the sign. An arithmetic shift to the right keeps the sign of its operand, so that a 32-bit result has it, too.
fn sign<B: Buses>(row: &ShiftRow<B::Var>, builder: &mut B, real: &B::Expr) {
    builder.assert_bool(row.sign);
    let word = row.rt.value;
    // Where no limb has a sign, 0 is without it, and so the sign is 0.
    let limb = row.dsra * word[3] + row.sra * word[1] + (row.sll + row.srl.into()) * row.result[1];
    builder.assert_eq(row.without_sign, limb - row.sign * Val::from_u32(1 << 15));
    builder.range(row.without_sign.into(), 15, real);
}
