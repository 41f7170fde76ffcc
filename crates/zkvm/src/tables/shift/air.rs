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

use super::{ShiftRow, ShiftVariableRow, columns::Shifted};
use crate::{
    bus::{Buses, Operands, Slot, Step},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of shifts by a constant.
pub(crate) struct Shift;

/// The table of shifts by a register.
pub(crate) struct ShiftVariable;

impl Table for Shift {
    const NAME: &'static str = "shift";
    type Row<T: Copy> = ShiftRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ShiftRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let shifted = &row.shifted;
        let ops = [Op::Sll, Op::Srl, Op::Sra, Op::Dsll, Op::Dsrl, Op::Dsra];
        let (op, real) = kind(shifted, ops, builder);
        let operands = Operands {
            rd: shifted.rd.register.into(),
            rt: shifted.rt.register.into(),
            immediate: [row.amount.into(), B::Expr::ZERO, B::Expr::ZERO],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        let amount = shift(&row.step, shifted, builder, &real);
        builder.assert_eq(row.amount, amount);
    }
}

impl Table for ShiftVariable {
    const NAME: &'static str = "shift-variable";
    type Row<T: Copy> = ShiftVariableRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ShiftVariableRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let shifted = &row.shifted;
        let ops = [Op::Sllv, Op::Srlv, Op::Srav, Op::Dsllv, Op::Dsrlv, Op::Dsrav];
        let (op, real) = kind(shifted, ops, builder);
        let operands = Operands {
            rd: shifted.rd.register.into(),
            rs: row.rs.register.into(),
            rt: shifted.rt.register.into(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        let amount = shift(&row.step, shifted, builder, &real);

        // Only as much of the amount counts as is below the width.
        let narrow = shifted.sll + shifted.srl.into() + shifted.sra.into();
        let width = B::Expr::from_u8(64) - narrow.clone() * Val::from_u8(32);
        builder.assert_eq(row.rs.value[0], amount + width * row.excess.into());
        builder.variable_range(row.excess.into(), narrow + Val::from_u8(10), &real);
    }
}

/// Asserts that a row is of one kind at most. Takes the operations of the kinds; gives the one of the row, and 1 if there is
/// one.
fn kind<B: Buses>(row: &Shifted<B::Var>, ops: [Op; 6], builder: &mut B) -> (B::Expr, B::Expr) {
    let [sll, srl, sra, dsll, dsrl, dsra] = ops;
    builder.one_of([
        (row.sll, sll),
        (row.srl, srl),
        (row.sra, sra),
        (row.dsll, dsll),
        (row.dsrl, dsrl),
        (row.dsra, dsra),
    ])
}

/// Asserts that the result is the word shifted by an amount, and gives the amount, which is below the width.
fn shift<B: Buses>(step: &Step<B::Var>, row: &Shifted<B::Var>, builder: &mut B, real: &B::Expr) -> B::Expr {
    builder.read(step, Slot::Rt, &row.rt, real);
    let amount = amount(row, builder, real);
    take_apart(row, builder, real);
    put_together(row, builder);
    sign(row, builder, real);
    builder.write(step, Slot::Rd, &row.rd, row.result.map(Into::into), real);
    amount
}

/// Asserts that the whole limbs and the bits are an amount below the width, and gives the amount.
fn amount<B: Buses>(row: &Shifted<B::Var>, builder: &mut B, real: &B::Expr) -> B::Expr {
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
    limbs * Val::from_u8(16) + bits
}

/// Asserts that the parts are those of the limbs of the word that was shifted by whole limbs.
fn take_apart<B: Buses>(row: &Shifted<B::Var>, builder: &mut B, real: &B::Expr) {
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
fn put_together<B: Buses>(row: &Shifted<B::Var>, builder: &mut B) {
    let Shifted { upper, lower, .. } = row;
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
fn sign<B: Buses>(row: &Shifted<B::Var>, builder: &mut B, real: &B::Expr) {
    builder.assert_bool(row.sign);
    let word = row.rt.value;
    // Where no limb has a sign, 0 is without it, and so the sign is 0.
    let limb = row.dsra * word[3] + row.sra * word[1] + (row.sll + row.srl.into()) * row.result[1];
    builder.assert_eq(row.without_sign, limb - row.sign * Val::from_u32(1 << 15));
    builder.range(row.without_sign.into(), 15, real);
}
