//! The constraints.

use super::ExitRow;
use crate::{
    bus::{Buses, CallMessage, SLOTS, Slot, Step},
    calls::{CLONE_FLAGS, PANIC, number},
    stark::Val,
    statement::{Position, SystemCell},
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of ends of programs and threads.
pub(crate) struct Exit;

impl Table for Exit {
    const NAME: &'static str = "exit";
    type Row<T: Copy> = ExitRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ExitRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        builder.assert_bools([row.group, row.thread, row.dies, row.clone]);
        let thread = row.thread + row.dies;
        let exits = row.group + thread.clone();
        let real = exits.clone() + row.clone.into();
        builder.assert_bool(real.clone());
        let number = row.group * Val::from_u16(number::EXIT_GROUP)
            + thread.clone() * Val::from_u16(number::EXIT)
            + row.clone * Val::from_u16(number::CLONE);
        let [low, second] = row.low;
        for byte in row.low {
            builder.range(byte.into(), 8, &real);
        }
        let zero = || B::Expr::ZERO;
        let [b, c, d] = row.upper.map(Into::into);
        let [a1, a2] = row.others.map(|word| word.map(Into::into));
        let message = CallMessage {
            time: row.time.into(),
            number: number.clone(),
            arguments: [[low + second * Val::from_u16(1 << 8), b, c, d], a1, a2],
            // v0 keeps the number.
            value: [number, zero(), zero(), zero()],
            error: zero(),
            returns: zero(),
        };
        builder.receive_many("sc", message.fields(), &real);

        // Only the last thread ends the program with itself.
        let step = Step::at(row.time);
        for (cell, threads) in [SystemCell::Left, SystemCell::Right].into_iter().zip(&row.threads) {
            let same = threads.old.map(Into::into);
            builder.access_system(&step, (Slot::Middle, cell as u32), threads, same, &thread);
        }
        // The limbs are below 2^16, so this is 1 only if one of the lowest is 1 and all others are 0: for one thread.
        let count = |place: usize| row.threads.iter().map(move |threads| threads.old[place].into());
        let lowest: B::Expr = count(0).sum();
        let upper: B::Expr = (1..4).flat_map(count).sum();
        let others = lowest + upper.double() - B::Expr::ONE;
        builder.assert_zero(row.thread * others.clone());
        let [first, other, upper] = row.factors;
        builder.assert_zero(row.dies * (others * first.into() - B::Expr::ONE));

        // The flags are others if a limb differs. The upper two are 0 if their sum is.
        let [b, c, d] = row.upper;
        let flags = |shift: u32| B::Expr::from_u16((CLONE_FLAGS >> shift) as u16);
        let differs = (low + second * Val::from_u16(1 << 8) - flags(0)) * first.into()
            + (b - flags(16)) * other.into()
            + (c + d) * upper.into();
        builder.assert_zero(row.clone * (differs - B::Expr::ONE));
        builder.assert_eq(row.code, exits * low.into() + row.clone * Val::from_u8(PANIC));

        let end = row.time + Val::from_u32(SLOTS);
        let exited = (row.group + row.thread + row.clone) * Val::from_u32(Position::EXITED);
        builder.send(
            "exec",
            [end, exited + row.dies * Val::from_u32(Position::DEAD), row.code.into()],
            &real,
        );
    }
}
