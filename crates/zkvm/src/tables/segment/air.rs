//! The constraints.

use super::{SegmentRow, columns::ReservationCells};
use crate::{
    bus::{Buses, NodeMessage, SLOTS},
    decode::SINK,
    row::rows,
    stark::Val,
    statement::{SystemCell, public},
    tables::{Fixed, Table},
    word::Word,
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// When the first step of a segment begins. Before it there is no time, because the time 0 says that a word was not stored
/// to.
pub(crate) const FIRST_TIME: u32 = SLOTS;

/// What is added to the number of the first step after a switch, which may lie before the segment.
pub(crate) const SWITCH_OFFSET: u32 = 1 << 17;

/// The steps after which a thread is preempted.
pub(crate) const QUANTUM: u32 = 100_000;

/// The rows of the table.
const ROWS: usize = 16;

/// Which row is the first. The selector of the proof system is not 1 there, so it cannot count a message.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct First<T> {
    first: T,
}

rows!(First);

/// The table of the segment.
pub(crate) struct Segment;

impl Table for Segment {
    const NAME: &'static str = "segment";
    const PUBLIC: usize = public::COUNT;
    const FIXED_LOG_ROWS: Option<usize> = Some(ROWS.ilog2() as usize);
    type Row<T: Copy> = SegmentRow<T>;
    type Fixed<T: Copy> = First<T>;

    fn eval<B: Buses>(row: &SegmentRow<B::Var>, fixed: &First<B::Var>, builder: &mut B) {
        let first: B::Expr = fixed.first.into();
        let values: [B::Expr; public::COUNT] =
            array::from_fn(|number| builder.public_values()[number].into());
        let at = |number: usize| values[number].clone();

        let begin = [B::Expr::from_u32(FIRST_TIME), at(public::PC_IN), at(public::NEXT_PC_IN)];
        builder.send("exec", begin, &first);
        let end = at(public::STEPS) * B::Expr::from_u32(SLOTS) + B::Expr::from_u32(FIRST_TIME);
        builder.receive("exec", [end.clone(), at(public::PC_OUT), at(public::NEXT_PC_OUT)], &first);

        let root = NodeMessage {
            section: B::Expr::ZERO,
            level: B::Expr::ZERO,
            index: array::from_fn(|_| B::Expr::ZERO),
            old: array::from_fn(|element| at(public::ROOT_IN + element)),
            new: array::from_fn(|element| at(public::ROOT_OUT + element)),
        };
        builder.send_many("node", root.fields(), &first);

        let sink = B::Expr::from_u8(SINK);
        let zero = || B::Expr::ZERO;
        builder.send("reg", [sink.clone(), zero(), zero(), zero(), zero(), row.sink_first.into()], &first);
        let [a, b, c, d] = row.sink.map(Into::into);
        builder.receive("reg", [sink, a, b, c, d, row.sink_last.into()], &first);

        last_switch(row, builder, at(public::STEPS), &first);
        reservation(&row.reservation, builder, &end, &first);
        region(row, builder, &end, &first);
    }

    fn fixed() -> Option<Fixed> {
        let first = |row: usize| Val::from_bool(row == 0);
        Some(Fixed::new((0..ROWS).map(first).collect(), 1))
    }
}

/// Turns the steps since the last switch into the number of a step, where the segment begins, and back where it ends. So
/// no row but that of a switch has to count them.
fn last_switch<B: Buses>(row: &SegmentRow<B::Var>, builder: &mut B, steps: B::Expr, first: &B::Expr) {
    let join = |[low, high]: [B::Var; 2]| low + high * Val::from_u32(1 << 16);
    let word = |[low, high]: [B::Var; 2]| [low.into(), high.into(), B::Expr::ZERO, B::Expr::ZERO];
    let cell = B::Expr::from_u32(SystemCell::SinceSwitch as u32);
    let pass = |builder: &mut B, before: ([B::Var; 2], B::Expr), after: ([B::Var; 2], B::Expr)| {
        let [a, b, c, d] = word(before.0);
        builder.receive("sys", [cell.clone(), a, b, c, d, before.1], first);
        let [a, b, c, d] = word(after.0);
        builder.send("sys", [cell.clone(), a, b, c, d, after.1], first);
    };
    let end = steps.clone() * B::Expr::from_u32(SLOTS) + B::Expr::from_u32(FIRST_TIME);
    // At the time 0 is nothing but the border.
    pass(builder, (row.since, B::Expr::ZERO), (row.switch_before, B::Expr::ONE));
    // A long gap may come before this access, but no step comes after it.
    pass(builder, (row.switch, end.clone() - B::Expr::ONE), (row.since_after, end));
    // The upper limbs have so few bits that the numbers are unique: with 16 bits each, they could exceed the field's order.
    let [[low, high], [low_after, high_after]] = [row.switch_before, row.since_after];
    for (limb, bits) in [(row.since[1], 1), (low, 16), (high, 8), (low_after, 16), (high_after, 1)] {
        builder.range(limb.into(), bits, first);
    }
    let offset = B::Expr::from_u32(SWITCH_OFFSET);
    let first_step = B::Expr::from_u32(FIRST_TIME / SLOTS);
    let before = join(row.switch_before) + join(row.since) - first_step.clone() - offset.clone();
    builder.assert_zero(first.clone() * before);
    let since: B::Expr = join(row.since_after);
    let after = join(row.switch) + since.clone() - first_step - offset - steps;
    builder.assert_zero(first.clone() * after);
    // Nobody runs for longer than a quantum.
    builder.range(since + B::Expr::from_u32((1 << 17) - 1 - QUANTUM), 17, first);
}

/// Clears the region of the pre-image where the segment ends. So the state is that of the VM, which has none, and the next
/// segment chooses a region by the key again.
fn region<B: Buses>(row: &SegmentRow<B::Var>, builder: &mut B, end: &B::Expr, first: &B::Expr) {
    let cell = B::Expr::from_u32(SystemCell::Region as u32);
    let zero = || B::Expr::ZERO;
    let [low, high] = row.region.map(Into::into);
    builder.receive("sys", [cell.clone(), low, high, zero(), zero(), end.clone() - B::Expr::ONE], first);
    builder.send("sys", [cell, zero(), zero(), zero(), zero(), end.clone()], first);
}

/// Clears the reservation where the segment ends, if its word was stored to after it was made, and the time when it was made
/// in any case. So the state is that of the VM, which clears a reservation as soon as its word is stored to.
///
/// As in the VM, the address counts whatever the status is. If nothing is reserved, then the word at address 0 is looked at,
/// unless a made-up state has another address.
fn reservation<B: Buses>(cells: &ReservationCells<B::Var>, builder: &mut B, end: &B::Expr, first: &B::Expr) {
    let word = |word: Word<B::Var>| word.map(Into::into);
    let one = |number: B::Var| [number.into(), B::Expr::ZERO, B::Expr::ZERO, B::Expr::ZERO];
    let [low, high] = cells.time;
    let time = [low.into(), high.into(), B::Expr::ZERO, B::Expr::ZERO];
    let none = || array::from_fn(|_| B::Expr::ZERO);
    let reservation = SystemCell::Reservation as u32;
    let last = || end.clone() - B::Expr::ONE;
    for (cell, [old, new]) in [
        (reservation, [one(cells.status), one(cells.left_status)]),
        (reservation + 1, [word(cells.address), word(cells.left_address)]),
        (reservation + 2, [word(cells.owner), word(cells.left_owner)]),
        (SystemCell::ReservedAt as u32, [time, none()]),
    ] {
        let cell = B::Expr::from_u32(cell);
        let [a, b, c, d] = old;
        builder.receive("sys", [cell.clone(), a, b, c, d, last()], first);
        let [a, b, c, d] = new;
        builder.send("sys", [cell, a, b, c, d, end.clone()], first);
    }

    // Memory has a word only at a multiple of 8, so the address is rounded in one way.
    builder.range(cells.below.into(), 3, first);
    let [p, q, r, s]: [B::Expr; 4] = word(cells.address);
    let [a, b, c, d]: [B::Expr; 4] = word(cells.word);
    let message = [p - cells.below.into(), q, r, s, a, b, c, d];
    let at = |time: B::Expr| message.clone().into_iter().chain([time, cells.stored.into()]);
    builder.receive_many("mem", at(last()), first);
    builder.send_many("mem", at(end.clone()), first);

    let since = low + high * Val::from_u32(1 << 16) - cells.stored;
    let [lower, upper] = cells.gap;
    let gap: B::Expr = lower + upper * Val::from_u32(1 << 12);
    builder.assert_bool(cells.lost);
    builder.assert_zero(cells.lost * (since.clone() + B::Expr::ONE + gap.clone()));
    builder.assert_zero((B::Expr::ONE - cells.lost) * (since - gap));
    for part in cells.gap {
        builder.range(part.into(), 12, first);
    }

    let pairs = cells.address.into_iter().zip(cells.left_address);
    let pairs = pairs.chain(cells.owner.into_iter().zip(cells.left_owner));
    for (old, left) in [(cells.status, cells.left_status)].into_iter().chain(pairs) {
        builder.assert_zero(left - old + cells.lost * old);
    }
}
