//! The constraints.

use super::StoreDoubleRow;
use crate::{
    bus::{Buses, Operands, Slot},
    tables::{NotFixed, Table},
};
use tribunal_mips::Op;

/// The table of `sd`.
pub(crate) struct StoreDouble;

impl Table for StoreDouble {
    const NAME: &'static str = "store-double";
    type Row<T: Copy> = StoreDoubleRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &StoreDoubleRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.real, Op::Sd)]);
        let operands = Operands {
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            immediate: row.constant.operand(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);
        let address = builder.word_address(row.rs.value, row.constant.word(), &row.address);
        // The limbs come from a register, so they are below 2^16.
        builder.store(&row.step, &address, &row.memory, row.rt.value.map(Into::into), &real);
    }
}
