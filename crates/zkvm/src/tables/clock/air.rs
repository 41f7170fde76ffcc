//! The constraints.

use super::ClockRow;
use crate::{
    bus::{Buses, CallMessage, SLOTS, Step},
    calls::{STEPS_PER_SECOND, errno, number},
    stark::Val,
    statement::public,
    tables::{FIRST_TIME, NotFixed, Table},
    word::limbs,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of `clock_gettime`.
pub(crate) struct Clock;

/// The nanoseconds of a step.
const NANOSECONDS: u8 = (1_000_000_000 / STEPS_PER_SECOND) as u8;

// The step counts itself. So the first one of a segment, whose time this is, is the number 1.
const _: () = assert!(FIRST_TIME == SLOTS);

impl Table for Clock {
    const NAME: &'static str = "clock";
    const PUBLIC: usize = public::ROOT_IN;
    type Row<T: Copy> = ClockRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ClockRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let flags = [row.realtime, row.monotonic, row.large, row.other];
        builder.assert_bools(flags);
        let real: B::Expr = flags.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());
        let stores = row.realtime + row.monotonic;
        let fails = row.large + row.other;

        which(row, builder, &stores);
        steps(row, builder);
        seconds(row, builder);
        store(row, builder, &stores);

        let zero = || B::Expr::ZERO;
        let message = CallMessage {
            time: row.time.into(),
            number: real.clone() * Val::from_u16(number::CLOCK_GETTIME),
            arguments: row.arguments.map(|argument| argument.map(Into::into)),
            value: [fails.clone() * Val::from_u64(errno::EINVAL), zero(), zero(), zero()],
            error: fails,
            returns: real.clone(),
        };
        builder.receive_many("sc", message.fields(), &real);
    }
}

/// Asserts which clock it is.
fn which<B: Buses>(row: &ClockRow<B::Var>, builder: &mut B, stores: &B::Expr) {
    let [low, upper @ ..] = row.arguments[0];
    builder.assert_zero(stores.clone() * (low - row.monotonic));
    for limb in upper {
        builder.assert_zero(stores.clone() * limb.into());
    }
    // Three limbs of 16 bits add up to 0 only if all are 0.
    let sum: B::Expr = upper.into_iter().map(Into::into).sum();
    builder.assert_eq(row.not_zero, row.large * sum + row.other * low.into() * (low - Val::ONE));
    builder.assert_eq(row.not_zero * row.inverse.into(), row.large + row.other);
}

/// Asserts the steps since the start of the program.
fn steps<B: Buses>(row: &ClockRow<B::Var>, builder: &mut B) {
    let counts: B::Expr = row.monotonic.into();
    let [low, high] = row.elapsed;
    builder.range(low.into(), 16, &counts);
    builder.range(high.into(), 6, &counts);
    let elapsed = low + high * Val::from_u32(1 << 16);
    builder.assert_zero(counts.clone() * (elapsed * Val::from_u32(SLOTS) - row.time.into()));

    let before: [B::Expr; 4] = match builder.public_values() {
        [_, _, a, b, c, d, ..] => [*a, *b, *c, *d].map(Into::into),
        _ => array::from_fn(|_| B::Expr::ZERO),
    };
    builder.assert_bools(row.carries);
    let elapsed = [low.into(), high.into(), B::Expr::ZERO, B::Expr::ZERO];
    let mut carry = B::Expr::ZERO;
    // The number of steps wraps around, so the last carry may be anything.
    for (place, (before, elapsed)) in before.into_iter().zip(elapsed).enumerate() {
        let carry_out: B::Expr = row.carries[place].into();
        let sum = before + elapsed + carry - carry_out.clone() * Val::from_u32(1 << 16);
        builder.assert_zero(counts.clone() * (sum - row.steps[place].into()));
        builder.range(row.steps[place].into(), 16, &counts);
        carry = carry_out;
    }
}

/// Asserts that the steps are the seconds and the rest, and the nanoseconds of the rest.
fn seconds<B: Buses>(row: &ClockRow<B::Var>, builder: &mut B) {
    let counts: B::Expr = row.monotonic.into();
    let zero = || array::from_fn(|_| B::Expr::ZERO);
    let second = limbs(STEPS_PER_SECOND).map(B::Expr::from_u16);
    builder.multiply([row.seconds.map(Into::into), second, row.whole.map(Into::into), zero()], &counts);

    let join = |[low, high]: [B::Var; 2]| low + high * Val::from_u32(1 << 16);
    // The rest is less than a second.
    for [low, high] in [row.rest, row.left] {
        builder.range(low.into(), 16, &counts);
        builder.range(high.into(), 8, &counts);
    }
    let most = B::Expr::from_u64(STEPS_PER_SECOND - 1);
    builder.assert_zero(counts.clone() * (join(row.rest) + join(row.left) - most));
    builder.assert_bools(row.rest_carries);
    let [low, high] = row.rest.map(Into::into);
    let [c, d, e] = row.rest_carries.map(Into::into);
    // Seconds and rest do not overflow, so there is no last carry.
    let carries = [c, d, e, B::Expr::ZERO];
    let mut carry = B::Expr::ZERO;
    for (place, rest) in [low, high, B::Expr::ZERO, B::Expr::ZERO].into_iter().enumerate() {
        let carry_out = carries[place].clone();
        let sum = row.whole[place] + rest + carry - carry_out.clone() * Val::from_u32(1 << 16);
        builder.assert_zero(counts.clone() * (sum - row.steps[place].into()));
        carry = carry_out;
    }

    let [low, high] = row.nanoseconds;
    builder.range(low.into(), 16, &counts);
    builder.range(high.into(), 14, &counts);
    // Both sides are below 2^30.
    builder.assert_zero(counts * (join(row.rest) * Val::from_u8(NANOSECONDS) - join(row.nanoseconds)));
    // The wall clock shows 0.
    for limb in row.seconds.into_iter().chain(row.nanoseconds) {
        builder.assert_zero(row.realtime * limb.into());
    }
}

/// Stores the two words.
fn store<B: Buses>(row: &ClockRow<B::Var>, builder: &mut B, stores: &B::Expr) {
    let step = Step::at(row.time);
    builder.range(row.below.into(), 3, stores);
    builder.assert_bools(row.address_carries);
    let mut first = row.arguments[1].map(Into::<B::Expr>::into);
    // Only if the lowest three bits are right is this a multiple of 8, and only of such an address does memory have a word.
    first[0] -= row.below.into();
    let mut add = B::Expr::from_u8(8);
    let second: [B::Expr; 4] = array::from_fn(|place| {
        let carry: B::Expr = row.address_carries[place].into();
        let sum = first[place].clone() + add.clone() - carry.clone() * Val::from_u32(1 << 16);
        add = carry;
        sum
    });
    let [low, high] = row.nanoseconds.map(Into::into);
    let words = [row.seconds.map(Into::into), [low, high, B::Expr::ZERO, B::Expr::ZERO]];
    for ((address, cell), new) in [first, second].iter().zip(&row.memory).zip(words) {
        builder.store(&step, address, cell, new, stores);
    }
}
