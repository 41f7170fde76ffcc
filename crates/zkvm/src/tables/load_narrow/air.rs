//! The constraints.
//!
//! The most significant byte of a word has the lowest address. So the limb at the address is limb 3 if the bits 4 and 2
//! of the address are zeros, and limb 0 if both are ones; and the upper byte of the limb is at the even address.

use super::LoadNarrowRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `lb`, `lbu`, `lh`, `lhu`, `lw` and `lwu`.
pub(crate) struct LoadNarrow;

/// The number of an unsigned operation exceeds that of the signed one of the same width by this.
const UNSIGNED: u8 = Op::Lbu as u8 - Op::Lb as u8;
const _: () = assert!(Op::Lhu as u8 - Op::Lh as u8 == UNSIGNED && Op::Lwu as u8 - Op::Lw as u8 == UNSIGNED);

impl Table for LoadNarrow {
    const NAME: &'static str = "load-narrow";
    type Row<T: Copy> = LoadNarrowRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LoadNarrowRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (signed, real) = builder.one_of([(row.byte, Op::Lb), (row.half, Op::Lh), (row.word, Op::Lw)]);
        builder.assert_bool(row.unsigned);
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            immediate: row.constant.operand(),
            ..Operands::of(signed + row.unsigned * Val::from_u8(UNSIGNED))
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        let address = builder.address(row.rs.value, row.constant.word(), &row.address);
        builder.load(&row.step, &address, &row.memory, &real);

        select(row, builder);
        extend(row, builder, &real);
        let ones = || row.sign * Val::from_u16(u16::MAX);
        builder.write(&row.step, Slot::Rd, &row.rd, [row.low.into(), row.high.into(), ones(), ones()], &real);
    }
}

/// Asserts that the piece at the address is in the lowest limbs of the result.
fn select<B: Buses>(row: &LoadNarrowRow<B::Var>, builder: &mut B) {
    let [one, two, four] = row.address.low;
    let choose = |bit: B::Var, set: B::Expr, clear: B::Expr| clear.clone() + bit * (set - clear);
    let join = |low: B::Expr, high: B::Expr| low + high * Val::from_u16(1 << 8);
    let [a, b, c, d] = row.memory.old.map(Into::into);
    let (low, high) = (choose(four, a, c), choose(four, b, d));

    builder.assert_zero(row.word * (low.clone() - row.low.into()));
    builder.assert_zero(row.word * (high.clone() - row.high.into()));

    // The limb at the address, which a word has anyhow.
    let limb = choose(two, low, high);
    let (byte, other) = (|| with_sign::<B>(row, 7), || row.other.into());
    let of_byte = choose(one, join(byte(), other()), join(other(), byte()));
    let of_word = choose(two, row.low.into(), row.high.into());
    builder.assert_eq(limb, row.byte * of_byte + row.half * row.low + row.word * of_word);
    builder.range(row.other.into(), 8, &row.byte.into());
}

/// Asserts that the rest of the result is the sign of the piece, and that the lowest limbs are a piece of that width.
fn extend<B: Buses>(row: &LoadNarrowRow<B::Var>, builder: &mut B, real: &B::Expr) {
    builder.assert_bool(row.sign);
    builder.assert_zero(row.unsigned * row.sign);
    let below_word = row.byte + row.half;
    builder.assert_zero(below_word * (row.high - row.sign * Val::from_u16(u16::MAX)));

    let upper_byte = row.sign * Val::from_u16(0xff00);
    builder.assert_zero(row.byte * (with_sign::<B>(row, 7) + upper_byte - row.low));
    builder.assert_zero(row.half * (with_sign::<B>(row, 15) - row.low));
    builder.assert_zero(row.word * (with_sign::<B>(row, 15) - row.high));
    let bits = row.byte * Val::from_u8(7) + (row.half + row.word) * Val::from_u8(15) + row.unsigned;
    builder.variable_range(row.rest.into(), bits, real);
}

/// The byte or limb with the sign, which is this bit of it.
fn with_sign<B: Buses>(row: &LoadNarrowRow<B::Var>, bit: u32) -> B::Expr {
    row.rest + row.sign * Val::from_u32(1 << bit)
}
