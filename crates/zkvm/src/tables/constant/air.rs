//! The constraints.

use super::LoadConstantRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `lui`.
pub(crate) struct LoadConstant;

impl Table for LoadConstant {
    const NAME: &'static str = "constant";
    type Row<T: Copy> = LoadConstantRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LoadConstantRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.real, Op::Lui)]);
        // The program has the sign-extended constant, so its limbs are those of a word.
        let operands = Operands {
            rd: row.rd.register.into(),
            immediate: [B::Expr::ZERO, row.high.into(), row.ones.into()],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        let upper = row.ones * Val::from_u16(u16::MAX);
        let constant = [B::Expr::ZERO, row.high.into(), upper.clone(), upper];
        builder.write(&row.step, Slot::Rd, &row.rd, constant, &real);
    }
}
