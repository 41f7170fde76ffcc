//! The constraints.

use super::MoveRow;
use crate::{
    bus::{Buses, Operands, Slot},
    decode::Operation,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of moves.
pub(crate) struct Move;

impl Table for Move {
    const NAME: &'static str = "move";
    type Row<T: Copy> = MoveRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &MoveRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real = row.real.into();
        builder.assert_bool(row.real);
        let operands = Operands {
            rd: row.to.register.into(),
            rs: row.from.register.into(),
            ..Operands::of(B::Expr::from_u8(Operation::Move.number()))
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.from, &real);
        builder.write(&row.step, Slot::Rd, &row.to, row.from.value.map(Into::into), &real);
    }
}
