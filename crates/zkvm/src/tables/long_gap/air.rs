//! The constraints.

use super::LongGapRow;
use crate::{
    bus::Buses,
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of long gaps.
pub(crate) struct LongGap;

impl Table for LongGap {
    const NAME: &'static str = "long-gap";
    type Row<T: Copy> = LongGapRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LongGapRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let spaces = [row.register, row.memory, row.system];
        builder.assert_bools(spaces);
        let real: B::Expr = spaces.into_iter().map(Into::into).sum();
        builder.assert_bool(real.clone());

        let join = |[low, high]: [B::Var; 2]| low + high * Val::from_u32(1 << 12);
        for part in row.after.into_iter().chain(row.gap) {
            builder.range(part.into(), 12, &real);
        }
        let after: B::Expr = join(row.after);
        builder.assert_zero(after.clone() - row.before.into() - real.clone() - join(row.gap));

        let value = row.value.map(Into::into);
        for (bus, is_it) in [("reg", row.register), ("sys", row.system)] {
            let [a, b, c, d]: [B::Expr; 4] = value.clone();
            let [cell, ..] = row.cell;
            let message = [cell.into(), a, b, c, d];
            let with = |time: B::Expr| message.clone().into_iter().chain([time]);
            builder.receive_many(bus, with(row.before.into()), &is_it.into());
            builder.send_many(bus, with(after.clone()), &is_it.into());
        }
        let address: [B::Expr; 4] = row.cell.map(Into::into);
        let with =
            |time: B::Expr| address.clone().into_iter().chain(value.clone()).chain([time, row.stored.into()]);
        builder.receive_many("mem", with(row.before.into()), &row.memory.into());
        builder.send_many("mem", with(after.clone()), &row.memory.into());
    }
}
