//! The constraints.

use super::{AddRow, Sum};
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `daddu`, `dsubu`, `addu` and `subu`.
pub(crate) struct Add;

impl Table for Add {
    const NAME: &'static str = "add";
    type Row<T: Copy> = AddRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &AddRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let ops =
            [(row.daddu, Op::Daddu), (row.dsubu, Op::Dsubu), (row.addu, Op::Addu), (row.subu, Op::Subu)];
        let (op, real) = builder.one_of(ops);
        builder.fetch(
            row.step.pc,
            Operands {
                op,
                rd: row.rd.register.into(),
                rs: row.rs.register.into(),
                rt: row.rt.register.into(),
                immediate: array::from_fn(|_| B::Expr::ZERO),
            },
            &real,
        );
        builder.step_on(&row.step, &real);
        builder.read(&row.step, Slot::Rs, &row.rs, &real);
        builder.read(&row.step, Slot::Rt, &row.rt, &real);
        builder.write(&row.step, Slot::Rd, &row.rd, row.sum.result.map(Into::into), &real);

        // A difference is a sum the other way round: the result and the second operand add up to the first.
        let addition = Addition {
            operands: [row.rs.value.map(Into::into), row.rt.value.map(Into::into)],
            add: row.daddu + row.addu,
            subtract: row.dsubu + row.subu,
            narrow: row.addu + row.subu,
        };
        addition.eval(&row.sum, builder, &real);
    }
}

/// An addition or subtraction that a row makes.
pub(crate) struct Addition<E> {
    pub(crate) operands: [[E; 4]; 2],
    /// 1 if the operands are added.
    pub(crate) add: E,
    /// 1 if the second operand is subtracted from the first.
    pub(crate) subtract: E,
    /// 1 if the result is the sign-extended sum of the lower halves.
    pub(crate) narrow: E,
}

impl<E: PrimeCharacteristicRing> Addition<E> {
    /// Asserts the result, and that its limbs are below 2^16.
    pub(crate) fn eval<B: Buses<Expr = E>>(self, sum: &Sum<B::Var>, builder: &mut B, real: &E) {
        let Self { operands: [first, second], add, subtract, narrow } = self;
        let wide = real.clone() - narrow.clone();
        let direction = add - subtract;

        builder.assert_bools(sum.carries);
        builder.assert_bool(sum.sign);
        builder.assert_zero(wide.clone() * sum.sign.into());
        let mut carry = E::ZERO;
        for (limb, (first, second)) in first.into_iter().zip(second).enumerate() {
            let result = sum.result[limb].into();
            let carry_out = sum.carries[limb].into();
            // first + second = result, or first = result + second.
            let balance = direction.clone() * (first - result.clone()) + second + carry
                - carry_out.clone() * E::from_u32(1 << 16);
            if limb < 2 {
                builder.assert_zero(balance);
            } else {
                builder.assert_zero(wide.clone() * balance);
                builder.assert_zero(narrow.clone() * (result.clone() - sum.sign * Val::from_u16(u16::MAX)));
                builder.assert_zero(narrow.clone() * carry_out.clone());
            }
            carry = carry_out;

            // Without its sign, the upper half of a 32-bit result has 15 bits.
            if limb == 1 {
                let without_sign = result - sum.sign * Val::from_u32(1 << 15);
                builder.variable_range(without_sign, E::from_u32(16) - narrow.clone(), real);
            } else {
                builder.range(result, 16, real);
            }
        }
    }
}
