//! The constraints.

use super::BranchLinkRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    statement::public,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `bltzal` and `bgezal`.
pub(crate) struct BranchLink;

impl Table for BranchLink {
    const NAME: &'static str = "branch-link";
    const PUBLIC: usize = public::STEP_IN;
    type Row<T: Copy> = BranchLinkRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &BranchLinkRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.bltzal, Op::Bltzal), (row.bgezal, Op::Bgezal)]);
        let operands = Operands {
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            immediate: [row.target.into(), B::Expr::ZERO, B::Expr::ZERO],
            ..Operands::of(op)
        };
        builder.fetch(row.step.pc, operands, &real);
        // If the register that links is also the source, its old value counts: it is read before it is written.
        builder.read(&row.step, Slot::Rs, &row.rs, &real);

        builder.assert_bool(row.negative);
        builder.range(row.rs.value[3] - row.negative * Val::from_u32(1 << 15), 15, &real);
        let taken = row.bltzal * row.negative + row.bgezal * (B::Expr::ONE - row.negative.into());
        builder.branch(&row.step, taken, row.target.into(), row.goes_to, &real);

        let link = builder.return_address(&row.step, row.link, &real);
        builder.write(&row.step, Slot::Rd, &row.rd, link, &real);
    }
}
