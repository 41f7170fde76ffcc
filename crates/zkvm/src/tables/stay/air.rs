//! The constraints.

use super::StayRow;
use crate::{
    bus::{Buses, SLOTS, Slot},
    stark::Val,
    statement::SystemCell,
    tables::{NotFixed, QUANTUM, SWITCH_OFFSET, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of preempted threads that run on.
///
/// Time passes in each step, and each row of this table makes a step. So from one row to the next, [`QUANTUM`] instructions
/// are executed, neither fewer nor more: this row says so of the switch before it. After the last row, the row of the
/// segment says that there were no more.
pub(crate) struct Stay;

impl Table for Stay {
    const NAME: &'static str = "stay";
    type Row<T: Copy> = StayRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &StayRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        builder.assert_bool(row.right);
        let step = &row.step;
        let time: B::Expr = step.time.into();
        let place = || [step.pc, step.next_pc].map(Into::into);
        let [pc, next_pc] = place();
        builder.receive("exec", [time.clone(), pc, next_pc], &real);
        let [pc, next_pc] = place();
        builder.send("exec", [time.clone() + B::Expr::from_u32(SLOTS), pc, next_pc], &real);

        // The running thread is the only one on the active stack. It is pushed on the other one.
        let ([left, right], [new_left, new_right]) = (row.threads, row.new_threads);
        builder.assert_zero((B::Expr::ONE - row.right) * (left - row.real));
        builder.assert_zero(row.right * (right - row.real));
        builder.assert_eq(new_left, row.right * (left + real.clone()));
        builder.assert_eq(new_right, (real.clone() - row.right) * (right + real.clone()));
        // One of them is 0.
        builder.range(new_left + new_right, 16, &real);

        // The numbers of steps are multiplied by 4, as times are.
        let join = |[low, high]: [B::Var; 2]| (low + high * Val::from_u32(1 << 16)) * Val::from_u32(SLOTS);
        let offset = B::Expr::from_u32(SLOTS * SWITCH_OFFSET);
        let quantum = B::Expr::from_u32(SLOTS * QUANTUM);
        let next = time.clone() + B::Expr::from_u32(SLOTS);
        builder.assert_zero(real.clone() * (time + offset.clone() - quantum - join(row.switch)));
        builder.assert_zero(real.clone() * (next + offset - join(row.new_switch)));
        let [low, high] = row.new_switch;
        builder.range(low.into(), 16, &real);
        builder.range(high.into(), 8, &real);

        let zero = || B::Expr::ZERO;
        let one = |number: B::Expr| [number, zero(), zero(), zero()];
        let two = |[low, high]: [B::Var; 2]| [low.into(), high.into(), zero(), zero()];
        let stack = |side: usize| {
            (
                SystemCell::Left as u32 + side as u32,
                [one(row.threads[side].into()), one(row.new_threads[side].into())],
                row.threads_before[side],
            )
        };
        let direction = [one(row.right.into()), one(real.clone() - row.right)];
        let switch = [two(row.switch), two(row.new_switch)];
        for (cell, values, before) in [
            stack(0),
            stack(1),
            (SystemCell::Direction as u32, direction, row.direction_before),
            (SystemCell::SinceSwitch as u32, switch, row.switch_before),
        ] {
            builder.access_cell("sys", step, Slot::Middle, B::Expr::from_u32(cell), values, before, &real);
        }
    }
}
