//! The constraints.

use super::LoadDoubleRow;
use crate::{
    bus::{Buses, Operands, Slot},
    tables::{NotFixed, Table},
};
use tribunal_mips::Op;

/// The table of `ld`.
pub(crate) struct LoadDouble;

impl Table for LoadDouble {
    const NAME: &'static str = "load-double";
    type Row<T: Copy> = LoadDoubleRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &LoadDoubleRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.real, Op::Ld)]);
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            immediate: row.constant.operand(),
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        let address = builder.word_address(row.rs.value, row.constant.word(), &row.address);
        builder.load(&row.step, &address, &row.memory, &real);
        // The limbs come from memory, so they are below 2^16.
        builder.write(&row.step, Slot::Rd, &row.rd, row.memory.old.map(Into::into), &real);
    }
}
