//! The constraints. How the operations follow from the bits set in both operands: see the table `logic`.

use super::LogicImmediateRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `andi`, `ori` and `xori`.
pub(crate) struct LogicImmediate;

impl Table for LogicImmediate {
    const NAME: &'static str = "logic-immediate";
    type Row<T: Copy> = LogicImmediateRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LogicImmediateRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.andi, Op::Andi), (row.ori, Op::Ori), (row.xori, Op::Xori)]);
        let join = |[low, high]: [B::Var; 2]| low.into() + high * Val::from_u16(1 << 8);
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.into(),
            immediate: [join(row.constant), B::Expr::ZERO, B::Expr::ZERO],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        let [b, c, d] = row.upper.map(Into::into);
        let value = [join(row.low), b, c, d];
        builder.access(&row.step, Slot::Rs, row.rs.into(), [value.clone(), value], row.before, &real);

        let [low, high] = array::from_fn(|byte| {
            let (a, b, both) = (row.low[byte], row.constant[byte], row.both[byte]);
            builder.byte(a.into(), b.into(), both.into(), &real);
            let either = a + b - both.into();
            row.ori * either.clone() + row.andi * both + row.xori * (either - both.into())
        });
        let [first, rest @ ..] = row.result;
        builder.assert_eq(first, low + high * Val::from_u16(1 << 8));
        // The constant has zeros above: `andi` clears what the others keep.
        for (result, upper) in rest.into_iter().zip(row.upper) {
            builder.assert_eq(result, (row.ori + row.xori) * upper.into());
        }
        builder.write(&row.step, Slot::Rd, &row.rd, row.result.map(Into::into), &real);
    }
}
