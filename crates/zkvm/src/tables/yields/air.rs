//! The constraints.

use super::YieldsRow;
use crate::{
    bus::{Buses, CallMessage, Step, YIELDS},
    calls::{errno, futex, number},
    stark::Val,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;

/// The table of calls that yield.
pub(crate) struct Yields;

impl Table for Yields {
    const NAME: &'static str = "yields";
    type Row<T: Copy> = YieldsRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &YieldsRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let flags = [row.sched_yield, row.nanosleep, row.waits, row.fails, row.wakes, row.unknown];
        builder.assert_bools(flags);
        let real: B::Expr = flags.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());
        let error = row.fails + row.unknown;
        let message = CallMessage {
            time: row.time.into(),
            number: row.sched_yield * Val::from_u16(number::SCHED_YIELD)
                + row.nanosleep * Val::from_u16(number::NANOSLEEP)
                + (row.waits + row.fails + row.wakes + row.unknown) * Val::from_u16(number::FUTEX),
            arguments: row.arguments.map(|argument| argument.map(Into::into)),
            value: array::from_fn(|limb| match limb {
                0 => row.fails * Val::from_u64(errno::EAGAIN) + row.unknown * Val::from_u64(errno::EINVAL),
                _ => B::Expr::ZERO,
            }),
            error: error.clone(),
            returns: error.clone() + (real.clone() - error.clone()) * Val::from_u32(YIELDS),
        };
        builder.receive_many("sc", message.fields(), &real);

        let [a0, [operation, upper @ ..], [low, high, ..]] = row.arguments;
        let compares = row.waits + row.fails;
        let known = compares.clone() + row.wakes.into();
        let expected = compares.clone() * Val::from_u16(futex::WAIT) + row.wakes * Val::from_u16(futex::WAKE);
        builder.assert_zero(known.clone() * operation.into() - expected);
        for limb in upper {
            builder.assert_zero(known.clone() * limb.into());
        }

        // Memory has a word only at a multiple of 8, so the address is rounded in one way.
        builder.assert_bools(row.low);
        let [one, two, four] = row.low;
        let below = one + two.into().double() + four * Val::from_u8(4);
        let address = array::from_fn(|limb| if limb == 0 { a0[0] - below.clone() } else { a0[limb].into() });
        builder.load(&Step::at(row.time), &address, &row.memory, &compares);

        // The half at the address; the lower addresses have the upper half.
        let [a, b, c, d] = row.memory.old;
        let choose = |set: B::Var, clear: B::Var| clear + four * (set - clear);
        let sum_of_upper: B::Expr = upper.into_iter().map(Into::into).sum();
        let distance =
            (operation - B::Expr::from_u16(futex::WAIT)) * (operation - B::Expr::from_u16(futex::WAKE));
        let differences = [(choose(a, c) - low.into(), sum_of_upper), (choose(b, d) - high.into(), distance)];
        let mut sum = B::Expr::ZERO;
        for (place, (of_word, of_operation)) in differences.into_iter().enumerate() {
            let difference: B::Expr = row.differences[place].into();
            builder.assert_zero(compares.clone() * (difference.clone() - of_word));
            builder.assert_zero(row.unknown * (difference.clone() - of_operation));
            builder.assert_zero(row.waits * difference.clone());
            sum += difference * row.factors[place].into();
        }
        builder.assert_zero(error * (sum - B::Expr::ONE));
    }
}
