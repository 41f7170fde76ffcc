//! The constraints.

use super::NopRow;
use crate::{
    bus::{Buses, Operands},
    decode::Operation,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;

/// The table of `nop`.
pub(crate) struct Nop;

impl Table for Nop {
    const NAME: &'static str = "nop";
    type Row<T: Copy> = NopRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &NopRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real = row.real.into();
        builder.assert_bool(row.real);
        builder.fetch(row.step.pc, Operands::of(B::Expr::from_u8(Operation::Nop.number())), &real);
        builder.step_on(&row.step, &real);
    }
}
