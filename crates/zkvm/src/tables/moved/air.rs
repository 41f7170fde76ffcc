//! The constraints.

use super::MovedRow;
use crate::{
    bus::{Buses, Slot, Step},
    stark::Val,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of moved registers.
pub(crate) struct Moved;

/// The registers of a thread, with HI and LO.
pub(crate) const REGISTERS: u8 = 34;

impl Table for Moved {
    const NAME: &'static str = "moved";
    type Row<T: Copy> = MovedRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &MovedRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let flags = [row.both, row.leaves, row.comes];
        builder.assert_bools(flags);
        let real: B::Expr = flags.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());
        let leaves = row.both + row.leaves;
        let comes = row.both + row.comes;
        let chain = |number: B::Expr| {
            [row.time.into(), number, row.to.into(), row.from.into(), leaves.clone(), comes.clone()]
        };
        builder.receive("switch", chain(row.register.into()), &real);
        builder.send("switch", chain(row.register + Val::ONE), &real);

        // Nothing comes: the new thread begins with the same value.
        for (old, new) in row.old.into_iter().zip(row.new) {
            builder.assert_zero(row.leaves * (new - old));
        }
        let step = Step::at(row.time);
        let [old, new] = [row.old, row.new].map(|word| word.map(Into::<B::Expr>::into));
        let none = || array::from_fn(|_| B::Expr::ZERO);
        builder.access(
            &step,
            Slot::Middle,
            row.register.into(),
            [old.clone(), new.clone()],
            row.before,
            &real,
        );
        for (start, words, before, is_it) in [
            (row.to, [none(), old], row.to_before, &leaves),
            (row.from, [new, none()], row.from_before, &comes),
        ] {
            let cell = start + row.register.into();
            builder.access_cell("sys", &step, Slot::Middle, cell, words, before, is_it);
        }
    }
}
