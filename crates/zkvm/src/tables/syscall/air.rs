//! The constraints.
//!
//! The number in v0 is replaced by the result in one access, since no other access of the step comes between. A call that
//! does not return keeps v0 and a3.

use super::SyscallRow;
use crate::{
    bus::{Buses, CLONES, CallMessage, Operands, SLOTS, Slot, YIELDS},
    calls::register,
    stark::Val,
    tables::{NotFixed, Table, result::NO_DESCRIPTOR},
};
use core::array;
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of system calls.
pub(crate) struct Syscall;

impl Table for Syscall {
    const NAME: &'static str = "syscall";
    type Row<T: Copy> = SyscallRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &SyscallRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.real, Op::Syscall)]);
        let [returns, constant] = [row.returns, row.constant].map(Into::<B::Expr>::into);
        builder.assert_bools([row.returns, row.constant, row.error]);
        builder.assert_zero(returns.clone() * (B::Expr::ONE - real.clone()));
        // What is looked up returns.
        builder.assert_zero(constant.clone() * (B::Expr::ONE - returns.clone()));
        // So does what ends the turn of its thread, and it has a row of its own.
        builder.assert_bools([row.yields, row.clones]);
        let gives_way = row.yields + row.clones;
        builder.assert_bool(gives_way.clone());
        builder.assert_zero(gives_way.clone() * (B::Expr::ONE - returns.clone()));
        builder.assert_zero(gives_way.clone() * constant.clone());

        builder.fetch(row.step.pc, Operands::of(op), &real);
        let time: B::Expr = row.step.time.into();
        builder.receive("exec", [time.clone(), row.step.pc.into(), row.step.next_pc.into()], &real);
        let then = |time: B::Expr| [time, row.step.next_pc.into(), row.step.next_pc + Val::ONE];
        let goes_on = returns.clone() - gives_way.clone();
        builder.send("exec", then(time.clone() + B::Expr::from_u32(SLOTS)), &goes_on);
        let [now, pc, next_pc] = then(time.clone());
        builder.send("yield", [now, pc, next_pc, row.clones.into()], &gives_way);

        for (number, (argument, before)) in row.arguments.into_iter().zip(row.arguments_before).enumerate() {
            let register = B::Expr::from_u8(register::A0) + B::Expr::from_usize(number);
            let value = argument.map(Into::into);
            builder.access(&row.step, Slot::Rs, register, [value.clone(), value], before, &real);
        }
        let number: B::Expr = row.number.into();
        // All calls have numbers below 2^16.
        let old = [number.clone(), B::Expr::ZERO, B::Expr::ZERO, B::Expr::ZERO];
        let value = row.value.map(Into::<B::Expr>::into);
        let ends = real.clone() - returns.clone();
        for (old, new) in old.iter().zip(&value) {
            builder.assert_zero(ends.clone() * (new.clone() - old.clone()));
        }
        let v0 = B::Expr::from_u8(register::V0);
        builder.access(&row.step, Slot::Rt, v0, [old, value.clone()], row.number_before, &real);
        let flag = array::from_fn(|_| row.error * Val::from_u16(u16::MAX));
        builder.replace(&row.step, (Slot::Rt, register::A3), &row.a3, flag, &returns);

        let selector = B::Expr::from_u32(NO_DESCRIPTOR);
        let nothing = || B::Expr::ZERO;
        let [a, b, c, d] = value.clone();
        let found = [number.clone(), selector, a, b, c, d, row.error.into(), nothing(), nothing()];
        builder.receive("result", found, &constant);
        let message = CallMessage {
            time,
            number,
            arguments: row.arguments.map(|argument| argument.map(Into::into)),
            value,
            error: row.error.into(),
            returns: returns
                + row.yields * Val::from_u32(YIELDS - 1)
                + row.clones * Val::from_u32(CLONES - 1),
        };
        builder.send_many("sc", message.fields(), &(real - constant));
    }
}
