//! The constraints.
//!
//! A count ends at the first one, or at the first zero. The limbs that are counted have ones where it may end: they are the
//! operand's limbs or their complements. Of these, the highest one that is not 0 is 2^bit + what is below 2^bit.

use super::CountRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `clz`, `clo`, `dclz` and `dclo`.
pub(crate) struct Count;

impl Table for Count {
    const NAME: &'static str = "count";
    type Row<T: Copy> = CountRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &CountRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.clz, Op::Clz),
            (row.clo, Op::Clo),
            (row.dclz, Op::Dclz),
            (row.dclo, Op::Dclo),
        ]);
        let operands =
            Operands { rd: row.rd.register.into(), rs: row.rs.register.into(), ..Operands::of(op) };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);

        // A count in the lower half takes the upper limbs as 0. No count ends there then.
        let counted: [B::Expr; 4] = array::from_fn(|limb| {
            let value = row.rs.value[limb];
            let zeros: B::Expr = if limb < 2 { row.clz + row.dclz.into() } else { row.dclz.into() };
            let ones: B::Expr = if limb < 2 { row.clo + row.dclo.into() } else { row.dclo.into() };
            zeros * value + ones * (B::Expr::from_u16(u16::MAX) - value.into())
        });

        // Above the limb where the count ends, all are 0.
        builder.assert_bools(row.ends);
        let mut goes_on = B::Expr::ONE;
        for (end, limb) in row.ends.into_iter().zip(&counted).rev() {
            goes_on -= end.into();
            builder.assert_zero(goes_on.clone() * limb.clone());
        }
        let ends = B::Expr::ONE - goes_on.clone();
        builder.assert_bool(ends.clone());

        let last: B::Expr = row.ends.into_iter().zip(counted).map(|(end, limb)| limb * end).sum();
        builder.assert_eq(last, ends.clone() * (row.bit.power + row.below.into()));
        builder.power(B::Expr::ZERO, &row.bit, &ends);
        builder.variable_range(row.below.into(), row.bit.bits.into(), &ends);
        builder.assert_zero(goes_on * row.bit.bits.into());

        let [lowest, second, third, _] = row.ends.map(Into::into);
        let limbs_above = third + second.double() + lowest * Val::from_u8(3);
        let bits_above = ends.clone() * Val::from_u8(15) - row.bit.bits.into();
        let count = limbs_above * Val::from_u8(16) + bits_above + (real.clone() - ends) * Val::from_u8(64)
            - (row.clz + row.clo.into()) * Val::from_u8(32);
        let result = [count, B::Expr::ZERO, B::Expr::ZERO, B::Expr::ZERO];
        builder.write(&row.step, Slot::Rd, &row.rd, result, &real);
    }
}
