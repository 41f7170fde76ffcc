//! The constraints.

use super::{CodeRow, columns::Fields};
use crate::{
    bus::Buses,
    decode::{Operation, SINK},
    row::Row,
    stark::Val,
    statement::public,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of executed instructions.
pub(crate) struct Code;

impl Table for Code {
    const NAME: &'static str = "code";
    const PUBLIC: usize = public::STEP_IN;
    type Row<T: Copy> = CodeRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &CodeRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        builder.assert_zero((B::Expr::ONE - real.clone()) * row.uses.into());
        let pc = word_of_leaf(row, builder, &real);
        meaning(row, builder, &real);
        registers(row, builder);
        immediate(row, builder, &pc);

        let [low, high, ones] = row.immediate.map(Into::into);
        let message = [pc, row.op.into(), row.rd.into(), row.rs.into(), row.rt.into(), low, high, ones];
        builder.provide("prog", message, row.uses.into());
    }
}

impl<T: Copy> Fields<T> {
    /// Bits 31 to 16.
    fn upper<E: PrimeCharacteristicRing + From<T>>(&self) -> E {
        E::from(self.opcode) * E::from_u32(1 << 10)
            + E::from(self.rs) * E::from_u32(1 << 5)
            + E::from(self.rt)
    }

    /// Bits 15 to 0.
    fn lower<E: PrimeCharacteristicRing + From<T>>(&self) -> E {
        self.rd::<E>() * E::from_u32(1 << 11)
            + E::from(self.shift) * E::from_u32(1 << 6)
            + E::from(self.function)
    }

    /// Bits 15 to 11.
    fn rd<E: PrimeCharacteristicRing + From<T>>(&self) -> E {
        E::from(self.sign) * E::from_u32(1 << 4) + E::from(self.rd_low)
    }
}

/// Asserts that the fields are those of the word at the address. Returns the address, in words from the start of the
/// window.
fn word_of_leaf<B: Buses>(row: &CodeRow<B::Var>, builder: &mut B, real: &B::Expr) -> B::Expr {
    builder.assert_bools(row.place);
    builder.assert_eq(row.place.into_iter().map(Into::into).sum::<B::Expr>(), real.clone());
    let [third, fourth] = builder.window();
    let address = [row.first.into(), row.second.into(), third, fourth];
    builder.receive_many("leaf", address.into_iter().chain(row.leaf.map(Into::into)), real);

    // Memory is big-endian: the first instruction of a word is in its upper half.
    let limb = |upper: usize| -> B::Expr {
        let limb_of = |place: usize| row.leaf[place / 2 * 4 + (1 - place % 2) * 2 + upper];
        (0..8).map(|place| row.place[place] * limb_of(place)).sum()
    };
    builder.assert_eq(limb(1), row.fields.upper::<B::Expr>());
    builder.assert_eq(limb(0), row.fields.lower::<B::Expr>());
    let Fields { opcode, rs, rt, sign, rd_low, shift, function } = row.fields;
    builder.assert_bool(sign);
    for (field, bits) in [(opcode, 6), (rs, 5), (rt, 5), (rd_low, 4), (shift, 5), (function, 6)] {
        builder.range(field.into(), bits, real);
    }

    let place: B::Expr = (0..8).map(|place| row.place[place] * Val::from_usize(place)).sum();
    place + row.first * Val::from_u8(8) + row.second * Val::from_u32(1 << 14)
}

/// Asserts what the opcode means.
fn meaning<B: Buses>(row: &CodeRow<B::Var>, builder: &mut B, real: &B::Expr) {
    let meaning = &row.meaning;
    builder.receive_many("opcode", meaning.cells().iter().map(|cell| (*cell).into()), real);
    builder.assert_eq(meaning.opcode, row.fields.opcode);
    let selector = meaning.by_function * row.fields.function.into() + meaning.by_rt * row.fields.rt.into();
    builder.assert_eq(meaning.selector, selector);

    builder.assert_bools([row.nop, row.copies_rs, row.copies_rt]);
    let special = row.nop + row.copies_rs.into() + row.copies_rt.into();
    builder.assert_bool(special);
    // Both halves are at least 0 and below 2^16, so their sum is 0 only if both are.
    builder.assert_zero(row.nop * (row.fields.upper::<B::Expr>() + row.fields.lower::<B::Expr>()));
    for (copies, zero) in [(row.copies_rs, row.fields.rt), (row.copies_rt, row.fields.rs)] {
        builder.assert_zero(copies * (B::Expr::ONE - meaning.copies.into()));
        builder.assert_zero(copies * zero.into());
    }
    let moves = row.copies_rs + row.copies_rt.into();
    let number = |operation: Operation| B::Expr::from_u8(operation.number());
    let op = meaning.op
        + row.nop * (number(Operation::Nop) - meaning.op.into())
        + moves * (number(Operation::Move) - meaning.op.into());
    builder.assert_eq(row.op, op);
}

/// Asserts which registers the step accesses.
fn registers<B: Buses>(row: &CodeRow<B::Var>, builder: &mut B) {
    let CodeRow { fields, meaning, .. } = row;
    let rd: B::Expr = fields.rd();
    builder.assert_zero(meaning.no_rd * rd.clone());
    builder.assert_eq(row.to, meaning.to_rd * rd + meaning.to_rt * fields.rt.into());

    // Register 0 as a destination becomes the sink.
    let named = meaning.to_rd + meaning.to_rt.into();
    builder.assert_bool(row.to_zero);
    builder.assert_zero(row.to_zero * row.to.into());
    builder.assert_zero(row.to_zero * (B::Expr::ONE - named.clone()));
    builder.assert_zero(row.to * row.to_inverse.into() - named + row.to_zero.into());
    let destination = row.to + row.to_zero * Val::from_u8(SINK) + meaning.destination.into();
    builder.assert_eq(row.rd, (B::Expr::ONE - row.nop.into()) * destination);

    let rs = meaning.reads_rs * fields.rs.into() * (B::Expr::ONE - row.copies_rt.into())
        + row.copies_rt * fields.rt.into()
        + meaning.source.into();
    builder.assert_eq(row.rs, rs);
    let kept = B::Expr::ONE - row.copies_rs.into() - row.copies_rt.into();
    builder.assert_eq(row.rt, meaning.reads_rt * fields.rt.into() * kept);
}

/// Asserts what the immediate is. `pc` is the address, in words from the start of the window.
fn immediate<B: Buses>(row: &CodeRow<B::Var>, builder: &mut B, pc: &B::Expr) {
    let CodeRow { fields, meaning, .. } = row;
    let kinds = &meaning.immediate;
    let lower: B::Expr = fields.lower();
    let delay_slot = pc.clone() + B::Expr::ONE;
    let branch = delay_slot.clone() + lower.clone() - fields.sign * Val::from_u32(1 << 16);

    // A jump to a region keeps the upper 4 bits of the address of its delay slot, in words.
    let [region, middle, low] = row.delay_slot;
    let jumps: B::Expr = kinds.jump.into();
    builder.range(region.into(), 4, &jumps);
    builder.range(middle.into(), 13, &jumps);
    builder.range(low.into(), 13, &jumps);
    let whole = region * Val::from_u32(1 << 26) + middle * Val::from_u32(1 << 13) + low.into();
    builder.assert_zero(jumps * (delay_slot - whole));
    let jump = region * Val::from_u32(1 << 26)
        + fields.rs * Val::from_u32(1 << 21)
        + fields.rt * Val::from_u32(1 << 16)
        + lower.clone();

    let low = (kinds.signed + kinds.unsigned.into()) * lower.clone()
        + kinds.shift * fields.shift.into()
        + kinds.shift32 * (fields.shift + Val::from_u8(32))
        + kinds.branch * branch
        + kinds.jump * jump;
    let high = kinds.signed * (fields.sign * Val::from_u16(u16::MAX)) + kinds.upper * lower;
    let ones = (kinds.signed + kinds.upper.into()) * fields.sign.into();
    for (immediate, expected) in row.immediate.into_iter().zip([low, high, ones]) {
        builder.assert_eq(immediate, expected);
    }
}
