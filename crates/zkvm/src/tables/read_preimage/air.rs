//! The constraints.

use super::ReadPreimageRow;
use crate::{
    bus::{Buses, CallMessage, Slot, Step},
    calls::{descriptor, number},
    stark::Val,
    statement::SystemCell,
    tables::{
        NotFixed, Table,
        region::{LENGTH, big_endian},
        word_part,
    },
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of reads of pre-images.
pub(crate) struct ReadPreimage;

/// The lowest bits of an offset, which are a place in a word.
const INSIDE_BITS: usize = 3;

/// The bits of the two limbs of a region. The tree has no region with more.
const REGION_BITS: [usize; 2] = [16, 13];

/// The bits of the two parts of what is left to read; the second one counts 2^16. So the sum is below 2^30 + 2^16, and reaches
/// neither p nor the negative numbers near it.
pub(super) const REST_BITS: [usize; 2] = [17, 14];

impl Table for ReadPreimage {
    const NAME: &'static str = "read-preimage";
    type Row<T: Copy> = ReadPreimageRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ReadPreimageRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.part.real();
        let count: B::Expr = row.part.count();
        row.part.asserts(builder, row.most, &real);
        builder.assert_bools([row.nothing, row.at_end, row.goes_on, row.chooses, row.carry]);
        for flag in [row.at_end, row.goes_on, row.chooses] {
            builder.assert_zero(flag * (B::Expr::ONE - real.clone()));
        }
        // From 1 to 8 bytes are read, or none.
        builder.range(count.clone() - real.clone() + row.nothing, 3, &real);
        builder.assert_zero(row.nothing * count.clone());
        // Nothing ends the bytes early: not the call, nor the word of memory, nor the pre-image.
        let [.., word_end] = row.part.end.map(Into::<B::Expr>::into);
        let no_other_end = (B::Expr::ONE - word_end) * (B::Expr::ONE - row.at_end.into());
        builder.assert_zero(no_other_end * (real.clone() - row.part.exact.into()));

        let step = Step::at(row.time);
        region(row, builder, &step, &real);
        offset(row, builder, &step, &count, &real);
        words(row, builder, &count, &real);
        row.part.stores(builder, &step, row.address, row.placed.map(Into::into), &real);

        let zero = || B::Expr::ZERO;
        let message = CallMessage {
            time: row.time.into(),
            number: real.clone() * Val::from_u16(number::READ),
            arguments: [
                [real.clone() * Val::from_u64(descriptor::PREIMAGE_READ), zero(), zero(), zero()],
                row.address.map(Into::into),
                row.most.map(Into::into),
            ],
            value: [count, zero(), zero(), zero()],
            error: zero(),
            returns: real.clone(),
        };
        builder.receive_many("sc", message.fields(), &real);
    }
}

/// The region as a number.
fn join<B: Buses>([low, high]: [B::Var; 2]) -> B::Expr {
    low + high * Val::from_u32(1 << 16)
}

/// Asserts which region is read. If none is chosen yet, its key must be the one that was written. Each region has one key,
/// so from then on it needs no check.
fn region<B: Buses>(row: &ReadPreimageRow<B::Var>, builder: &mut B, step: &Step<B::Var>, real: &B::Expr) {
    let chooses: B::Expr = row.chooses.into();
    let [old_low, old_high] = row.region_old;
    for (old, new) in row.region_old.into_iter().zip(row.region) {
        builder.assert_zero(chooses.clone() * old.into());
        builder.assert_zero((real.clone() - chooses.clone()) * (new - old));
    }
    // Two limbs of 16 bits add up to 0 only if both are 0.
    builder.assert_eq((old_low + old_high) * row.inverse, real.clone() - chooses.clone());
    for (limb, bits) in row.region.into_iter().zip(REGION_BITS) {
        builder.range(limb.into(), bits, real);
    }
    let zero = || B::Expr::ZERO;
    let cell = |limbs: [B::Var; 2]| [limbs[0].into(), limbs[1].into(), zero(), zero()];
    let number = B::Expr::from_u32(SystemCell::Region as u32);
    let values = [cell(row.region_old), cell(row.region)];
    builder.access_cell("sys", step, Slot::Middle, number, values, row.region_before, real);

    let region = join::<B>(row.region);
    for (place, (word, before)) in row.key.into_iter().zip(row.key_before).enumerate() {
        let word = word.map(Into::<B::Expr>::into);
        let cell = B::Expr::from_usize(SystemCell::Key as usize + place);
        let values = [word.clone(), word.clone()];
        builder.access_cell("sys", step, Slot::Middle, cell, values, before, &chooses);
        let [a, b, c, d] = word;
        builder.receive("oracle", [region.clone(), B::Expr::from_usize(place), a, b, c, d], &chooses);
    }
}

/// Asserts where the bytes are, that they are in the pre-image, and the offset after them.
fn offset<B: Buses>(
    row: &ReadPreimageRow<B::Var>,
    builder: &mut B,
    step: &Step<B::Var>,
    count: &B::Expr,
    real: &B::Expr,
) {
    builder.assert_bools(row.inside);
    builder.assert_eq(row.inside.into_iter().map(Into::into).sum::<B::Expr>(), real.clone());
    let inside: B::Expr = word_part::number(&row.inside);
    let [low, high] = row.offset;
    builder.range(row.word.into(), 16 - INSIDE_BITS, real);
    builder.assert_eq(low, row.word * Val::from_u8(1 << INSIDE_BITS) + inside);

    let [rest_low, rest_high] = row.rest;
    for (part, bits) in row.rest.into_iter().zip(REST_BITS) {
        builder.range(part.into(), bits, real);
    }
    // The stream is the length, 8 bytes, and the bytes. A word of a pre-image is read whose place in it is no more than that
    // of the last one by a few words. So this number is not below -2^6, and not negative in the field if it is small.
    let left = join::<B>(row.length) + real.clone() * Val::from_u8(8) - join::<B>(row.offset) - count.clone();
    let rest = rest_low + rest_high * Val::from_u32(1 << 16);
    builder.assert_zero(real.clone() * (left.clone() - row.nothing.into() - rest));
    builder.assert_zero(row.at_end * left);

    let carry: B::Expr = row.carry.into();
    let new_low: B::Expr = row.new_offset.into();
    builder.assert_zero(
        real.clone() * (low + count.clone() - new_low.clone() - carry.clone() * Val::from_u32(1 << 16)),
    );
    builder.range(new_low.clone(), 16, real);
    let zero = || B::Expr::ZERO;
    let values = [[low.into(), high.into(), zero(), zero()], [new_low, high + carry, zero(), zero()]];
    let cell = B::Expr::from_u32(SystemCell::Offset as u32);
    builder.access_cell("sys", step, Slot::Middle, cell, values, row.offset_before, real);
}

/// Reads the words of the region that have the bytes, and asserts which byte goes where.
fn words<B: Buses>(row: &ReadPreimageRow<B::Var>, builder: &mut B, count: &B::Expr, real: &B::Expr) {
    let region = join::<B>(row.region);
    let [low, high] = row.length.map(Into::into);
    let length = [region.clone(), B::Expr::from_usize(LENGTH), low, high, B::Expr::ZERO, B::Expr::ZERO];
    builder.receive("oracle", length, real);
    let first: B::Expr =
        row.word + row.offset[1] * Val::from_u32(1 << (16 - INSIDE_BITS)) + B::Expr::from_usize(LENGTH);
    let [one, two] = array::from_fn(|word| {
        let bytes: [B::Expr; 8] = array::from_fn(|byte| row.bytes[8 * word + byte].into());
        big_endian(bytes)
    });
    let [a, b, c, d] = one;
    builder.receive("oracle", [region.clone(), first.clone(), a, b, c, d], real);
    let goes_on: B::Expr = row.goes_on.into();
    let [a, b, c, d] = two;
    builder.receive("oracle", [region, first + B::Expr::ONE, a, b, c, d], &goes_on);
    // Otherwise the bytes are all in the first word.
    let inside: B::Expr = word_part::number(&row.inside);
    builder.range(B::Expr::from_u8(8) - inside - count.clone(), 4, &(real.clone() - goes_on));
    for (pair, both) in row.bytes.as_chunks::<2>().0.iter().zip(row.both) {
        let [a, b] = pair.map(Into::into);
        builder.byte(a, b, both.into(), real);
    }
    for (place, byte) in row.shifted.into_iter().enumerate() {
        let from = row.bytes[place..].iter().zip(row.inside);
        builder.assert_eq(byte, from.map(|(byte, inside)| inside * (*byte).into()).sum::<B::Expr>());
    }
    for (place, byte) in row.placed.into_iter().enumerate() {
        let from = row.shifted[..=place].iter().rev().zip(row.part.skip);
        builder.assert_eq(byte, from.map(|(byte, skip)| skip * (*byte).into()).sum::<B::Expr>());
    }
}
