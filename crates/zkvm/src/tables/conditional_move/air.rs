//! The constraints.

use super::ConditionalMoveRow;
use crate::{
    bus::{Buses, Operands, Slot},
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `movz` and `movn`.
pub(crate) struct ConditionalMove;

impl Table for ConditionalMove {
    const NAME: &'static str = "conditional-move";
    type Row<T: Copy> = ConditionalMoveRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &ConditionalMoveRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.movz, Op::Movz), (row.movn, Op::Movn)]);
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);

        // Four limbs below 2^16 add up to 0 only if each is 0. If they do, `zero` is `real`, and otherwise it is 0.
        let sum: B::Expr = row.rt.value.into_iter().map(Into::into).sum();
        builder.assert_zero(row.zero * sum.clone());
        builder.assert_zero((real.clone() - row.zero.into()) * (sum * row.inverse - B::Expr::ONE));

        let moves = row.movz * row.zero + row.movn * (B::Expr::ONE - row.zero.into());
        for ((result, new), old) in row.result.into_iter().zip(row.rs.value).zip(row.rd.old) {
            builder.assert_eq(result - old.into(), moves.clone() * (new - old.into()));
        }
        builder.write(&row.step, Slot::Rd, &row.rd, row.result.map(Into::into), &real);
    }
}
