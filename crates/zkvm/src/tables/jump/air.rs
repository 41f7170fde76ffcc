//! The constraints.

use super::JumpRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    statement::public,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `j`, `jal`, `jr` and `jalr`.
pub(crate) struct Jump;

impl Table for Jump {
    const NAME: &'static str = "jump";
    const PUBLIC: usize = public::STEP_IN;
    type Row<T: Copy> = JumpRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &JumpRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) =
            builder.one_of([(row.j, Op::J), (row.jal, Op::Jal), (row.jr, Op::Jr), (row.jalr, Op::Jalr)]);
        let to_register = row.jr + row.jalr.into();
        let to_constant = row.j + row.jal.into();
        let links = row.jal + row.jalr.into();
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            immediate: [row.constant.into(), B::Expr::ZERO, B::Expr::ZERO],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.not_in_delay_slot(&row.step, &real);
        builder.step(&row.step, row.target.into(), &real);
        builder.assert_zero(to_constant * (row.target - row.constant.into()));

        // A target in a register is a multiple of 4 in the code window.
        builder.read(&row.step, Slot::Rs, &row.rs, &to_register);
        let [low, high, upper @ ..] = row.rs.value;
        builder.range(row.rs_words.into(), 14, &to_register);
        builder.assert_zero(to_register.clone() * (low - row.rs_words * Val::from_u8(4)));
        builder.assert_zero(
            to_register.clone() * (row.target - row.rs_words.into() - high * Val::from_u16(1 << 14)),
        );
        for (limb, window) in upper.into_iter().zip(builder.window()) {
            builder.assert_zero(to_register.clone() * (limb.into() - window));
        }

        let link = builder.return_address(&row.step, row.link, &links);
        builder.write(&row.step, Slot::Rd, &row.rd, link, &links);
    }
}
