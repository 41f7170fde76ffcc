//! The constraints.

use super::CompareRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `slt`, `sltu`, `slti` and `sltiu`.
pub(crate) struct Compare;

impl Table for Compare {
    const NAME: &'static str = "compare";
    type Row<T: Copy> = CompareRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &CompareRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([
            (row.slt, Op::Slt),
            (row.sltu, Op::Sltu),
            (row.slti, Op::Slti),
            (row.sltiu, Op::Sltiu),
        ]);
        let register = row.slt + row.sltu.into();
        let immediate = row.slti + row.sltiu.into();
        let signed = row.slt + row.slti.into();

        let operands = Operands {
            op,
            rd: row.rd.register.into(),
            rs: row.rs.register.into(),
            rt: row.rt.register.into(),
            immediate: row.constant.operand(),
        };
        builder.fetch(row.step.pc, operands, &real);
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &register);
        for (limb, constant) in row.rt.value.into_iter().zip(row.constant.word::<B::Expr>()) {
            builder.assert_zero(immediate.clone() * (limb.into() - constant));
        }

        compare(row, builder, &real, &signed);

        let result = [row.less.into(), B::Expr::ZERO, B::Expr::ZERO, B::Expr::ZERO];
        builder.write(&row.step, Slot::Rd, &row.rd, result, &real);
    }
}

/// Asserts that `less` says how the two operands compare.
fn compare<B: Buses>(row: &CompareRow<B::Var>, builder: &mut B, real: &B::Expr, signed: &B::Expr) {
    let (a, b) = (row.rs.value, row.rt.value);

    // The highest limb in which they differ: above it they are equal.
    builder.assert_bools(row.differs);
    let mut equal_so_far = B::Expr::ONE;
    for limb in (0..4).rev() {
        equal_so_far -= row.differs[limb].into();
        builder.assert_zero(equal_so_far.clone() * (a[limb] - b[limb].into()));
    }
    let differ = B::Expr::ONE - equal_so_far;
    builder.assert_bool(differ.clone());

    // There, the greater one exceeds the other by 1 at least, and by less than 2^16.
    builder.assert_bool(row.below);
    builder.assert_zero((B::Expr::ONE - differ.clone()) * row.below.into());
    builder.assert_zero((B::Expr::ONE - differ.clone()) * row.distance.into());
    let difference: B::Expr = (0..4).map(|limb| row.differs[limb] * (b[limb] - a[limb].into())).sum();
    let direction = row.below.into().double() - B::Expr::ONE;
    builder.assert_eq(direction * difference, differ * (row.distance + Val::ONE));
    builder.range(row.distance.into(), 16, real);

    // A negative number is less than another one, although it is above it without the signs.
    for (sign, operand) in row.signs.into_iter().zip([a, b]) {
        builder.assert_bool(sign);
        builder.assert_zero((B::Expr::ONE - signed.clone()) * sign.into());
        builder.range(operand[3] - sign * Val::from_u32(1 << 15), 15, signed);
    }
    let [one, other] = row.signs.map(Into::into);
    builder.assert_eq(row.less, row.below.into().xor(&one.xor(&other)));
}
