//! The constraints.

use super::SegmentRow;
use crate::{
    bus::{Buses, NodeMessage, SLOTS},
    decode::SINK,
    row::rows,
    stark::Val,
    statement::{SystemCell, public},
    tables::{Fixed, Table},
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
        builder.receive("exec", [end, at(public::PC_OUT), at(public::NEXT_PC_OUT)], &first);

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
    // Nothing comes after the end, so this is the last access.
    pass(builder, (row.switch, row.switch_last.into()), (row.since_after, end));
    for limb in row.switch_before.into_iter().chain(row.since_after) {
        builder.range(limb.into(), 16, first);
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
