//! The constraints.

use super::ExitRow;
use crate::{
    bus::{Buses, CallMessage, SLOTS, Slot, Step},
    calls::number,
    stark::Val,
    statement::{Position, SystemCell},
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of ends of programs.
pub(crate) struct Exit;

impl Table for Exit {
    const NAME: &'static str = "exit";
    type Row<T: Copy> = ExitRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ExitRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        builder.assert_bools([row.group, row.thread]);
        let real = row.group + row.thread;
        builder.assert_bool(real.clone());
        let number = row.group * Val::from_u16(number::EXIT_GROUP) + row.thread * Val::from_u16(number::EXIT);
        for byte in [row.code, row.second] {
            builder.range(byte.into(), 8, &real);
        }
        let zero = || B::Expr::ZERO;
        let [b, c, d] = row.upper.map(Into::into);
        let [a1, a2] = row.others.map(|word| word.map(Into::into));
        let message = CallMessage {
            time: row.time.into(),
            number: number.clone(),
            arguments: [[row.code + row.second * Val::from_u16(1 << 8), b, c, d], a1, a2],
            // v0 keeps the number.
            value: [number, zero(), zero(), zero()],
            error: zero(),
            returns: zero(),
        };
        builder.receive_many("sc", message.fields(), &real);

        // Only the last thread ends the program with itself.
        let thread: B::Expr = row.thread.into();
        let step = Step::at(row.time);
        for (cell, threads) in [SystemCell::Left, SystemCell::Right].into_iter().zip(&row.threads) {
            let same = threads.old.map(Into::into);
            builder.access_system(&step, (Slot::Middle, cell as u32), threads, same, &thread);
        }
        // The limbs are below 2^16, so their sum is 1 only if one of them is 1.
        let count = row.threads.iter().map(|threads| threads.old[0].into()).sum::<B::Expr>();
        builder.assert_zero(thread.clone() * (count - B::Expr::ONE));
        for limb in row.threads.iter().flat_map(|threads| &threads.old[1..]) {
            builder.assert_zero(thread.clone() * (*limb).into());
        }

        let end = row.time + Val::from_u32(SLOTS);
        builder.send("exec", [end, B::Expr::from_u32(Position::EXITED), row.code.into()], &real);
    }
}
