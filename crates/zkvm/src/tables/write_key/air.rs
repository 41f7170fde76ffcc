//! The constraints.

use super::WriteKeyRow;
use crate::{
    bus::{Buses, CallMessage, Replaced, Slot, Step},
    calls::{descriptor, number},
    stark::Val,
    statement::SystemCell,
    tables::{NotFixed, Table},
    word::pairs,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of writes to the pre-image key.
pub(crate) struct WriteKey;

impl Table for WriteKey {
    const NAME: &'static str = "write-key";
    type Row<T: Copy> = WriteKeyRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &WriteKeyRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let [count_flags, after_flags] = [row.count, row.after].map(|flags| flags.map(Into::<B::Expr>::into));
        builder.assert_bools(row.count);
        builder.assert_bools(row.after);
        let real: B::Expr = count_flags.iter().cloned().sum();
        builder.assert_bool(real.clone());
        builder.assert_eq(after_flags.iter().cloned().sum::<B::Expr>(), real.clone());
        let number_of = |flags: &[B::Expr; 9]| -> B::Expr {
            flags.iter().zip(0..).map(|(flag, number)| flag.clone() * B::Expr::from_u8(number)).sum()
        };
        let (count, after) = (number_of(&count_flags), number_of(&after_flags));
        most(row, builder, &count, &real);

        // The bytes lie between those before and those after them.
        let before = real.clone() * Val::from_u8(8) - count.clone() - after;
        builder.range(before.clone(), 3, &real);
        let [low, b, c, d] = row.address.map(Into::<B::Expr>::into);
        let word = [low - before, b, c, d];
        for (place, pair) in
            pairs(row.memory).into_iter().chain(row.key.chunks_exact(2).map(|p| [p[0], p[1]])).enumerate()
        {
            let [low, high] = pair;
            builder.byte(low.into(), high.into(), row.both[place].into(), &real);
        }
        let old = words(&row.memory);
        let step = Step::at(row.time);
        let times = [row.memory_before, row.memory_stored];
        builder.access_memory(&step, &word, [old.clone(), old], times, row.memory_stored.into(), &real);

        shift(row, builder);
        for (place, new) in row.new_key.into_iter().enumerate() {
            let bytes: &[B::Var] = &row.key[8 * (3 - place)..8 * (4 - place)];
            let key = [words(bytes), new.map(Into::into)];
            let cell = B::Expr::from_usize(SystemCell::Key as usize + place);
            builder.access_cell("sys", &step, Slot::Middle, cell, key, row.key_before[place], &real);
        }
        for (cell, replaced) in [(SystemCell::Offset, &row.offset), (SystemCell::Region, &row.region)] {
            let replaced: &Replaced<B::Var> = replaced;
            let zero = array::from_fn(|_| B::Expr::ZERO);
            builder.access_system(&step, (Slot::Middle, cell as u32), replaced, zero, &real);
        }

        let zero = || B::Expr::ZERO;
        let message = CallMessage {
            time: row.time.into(),
            number: real.clone() * Val::from_u16(number::WRITE),
            arguments: [
                [real.clone() * Val::from_u64(descriptor::PREIMAGE_WRITE), zero(), zero(), zero()],
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

/// Asserts that the number of bytes is the least of what the call allows and what is left of the word.
fn most<B: Buses>(row: &WriteKeyRow<B::Var>, builder: &mut B, count: &B::Expr, real: &B::Expr) {
    let [to_the_end, ..] = row.after;
    let [low, b, c, d] = row.most;
    let exact = real.clone() - to_the_end.into();
    builder.assert_zero(exact.clone() * (low.into() - count.clone()));
    for limb in [b, c, d] {
        builder.assert_zero(exact.clone() * limb.into());
    }
    builder.assert_bools([row.long, row.short]);
    builder.assert_eq(row.long + row.short, to_the_end);
    builder.range(low.into() - count.clone(), 16, &row.short.into());
    // Three limbs of 16 bits add up to 0 only if all are 0.
    builder.assert_zero(row.long * ((b + c + d) * row.inverse.into() - B::Expr::ONE));
}

/// Asserts the bytes that are written, and the new key.
fn shift<B: Buses>(row: &WriteKeyRow<B::Var>, builder: &mut B) {
    for (place, written) in row.written.into_iter().enumerate() {
        let bytes = row.memory[place..].iter().zip(row.after);
        builder.assert_eq(written, bytes.map(|(byte, after)| after * (*byte).into()).sum::<B::Expr>());
    }
    let byte = |place: usize| -> B::Expr {
        let from = |count: usize| if place < count { row.written[place] } else { row.key[place - count] };
        (0..).zip(row.count).map(|(count, flag)| flag * from(count).into()).sum()
    };
    for (word, limbs) in row.new_key.into_iter().enumerate() {
        for (limb, new) in limbs.into_iter().enumerate() {
            let place = 8 * (3 - word) + 2 * limb;
            builder.assert_eq(new, byte(place) + byte(place + 1) * Val::from_u16(1 << 8));
        }
    }
}

/// The limbs of 8 bytes.
fn words<V: Copy + Into<E>, E: PrimeCharacteristicRing>(bytes: &[V]) -> [E; 4] {
    array::from_fn(|limb| bytes[2 * limb].into() + bytes[2 * limb + 1].into() * E::from_u16(1 << 8))
}
