//! The constraints.

use super::BranchEqualRow;
use crate::{
    bus::{Buses, Operands, Slot},
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `beq` and `bne`.
pub(crate) struct BranchEqual;

impl Table for BranchEqual {
    const NAME: &'static str = "branch-equal";
    type Row<T: Copy> = BranchEqualRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &BranchEqualRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.beq, Op::Beq), (row.bne, Op::Bne)]);
        let operands = Operands {
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            immediate: [row.target.into(), B::Expr::ZERO, B::Expr::ZERO],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);

        builder.assert_bool(row.equal);
        let mut apart = B::Expr::ZERO;
        for ((a, b), factor) in row.rs.value.into_iter().zip(row.rt.value).zip(row.witness) {
            let difference = a - b.into();
            builder.assert_zero(row.equal * difference.clone());
            apart += difference * factor.into();
        }
        builder.assert_zero((real.clone() - row.equal.into()) * (apart - B::Expr::ONE));

        let taken = row.beq * row.equal.into() + row.bne * (real.clone() - row.equal.into());
        builder.branch(&row.step, taken, row.target.into(), row.goes_to, &real);
    }
}
