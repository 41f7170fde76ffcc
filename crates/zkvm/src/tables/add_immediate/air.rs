//! The constraints.

use super::AddImmediateRow;
use crate::{
    bus::{Buses, Operands, Slot},
    tables::{NotFixed, Table, add::Addition},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `daddiu` and `addiu`.
pub(crate) struct AddImmediate;

impl Table for AddImmediate {
    const NAME: &'static str = "add-immediate";
    type Row<T: Copy> = AddImmediateRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &AddImmediateRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.daddiu, Op::Daddiu), (row.addiu, Op::Addiu)]);
        let operands = Operands {
            op,
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: B::Expr::ZERO,
            immediate: row.constant.operand(),
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.write(&row.step, Slot::Rd, &row.rd, row.sum.result.map(Into::into), &real);

        let addition = Addition {
            operands: [row.rs.value.map(Into::into), row.constant.word()],
            add: real.clone(),
            subtract: B::Expr::ZERO,
            narrow: row.addiu.into(),
        };
        addition.eval(&row.sum, builder, &real);
    }
}
