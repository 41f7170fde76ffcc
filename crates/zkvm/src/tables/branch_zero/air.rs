//! The constraints.

use super::BranchZeroRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `blez`, `bgtz`, `bltz` and `bgez`.
pub(crate) struct BranchZero;

impl Table for BranchZero {
    const NAME: &'static str = "branch-zero";
    type Row<T: Copy> = BranchZeroRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &BranchZeroRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.blez, Op::Blez),
            (row.bgtz, Op::Bgtz),
            (row.bltz, Op::Bltz),
            (row.bgez, Op::Bgez),
        ]);
        let operands = Operands {
            rs: row.rs.register.into(),
            immediate: [row.target.into(), B::Expr::ZERO, B::Expr::ZERO],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);

        builder.assert_bool(row.negative);
        builder.range(row.rs.value[3] - row.negative * Val::from_u32(1 << 15), 15, &real);
        // Four limbs below 2^16 add up to 0 only if each is 0.
        let sum: B::Expr = row.rs.value.into_iter().map(Into::into).sum();
        builder.assert_bool(row.zero);
        builder.assert_zero(row.zero * sum.clone());
        builder.assert_zero((real.clone() - row.zero.into()) * (sum * row.inverse - B::Expr::ONE));

        let negative: B::Expr = row.negative.into();
        let not_positive = negative.clone() + row.zero.into();
        let taken = row.blez * not_positive.clone()
            + row.bgtz * (B::Expr::ONE - not_positive)
            + row.bltz * negative.clone()
            + row.bgez * (B::Expr::ONE - negative);
        builder.branch(&row.step, taken, row.target.into(), row.goes_to, &real);
    }
}
