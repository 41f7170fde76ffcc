//! The constraints.

use super::CloneThreadRow;
use crate::{
    bus::{Buses, CLONES, CallMessage, Slot, Step},
    calls::{CLONE_FLAGS, number, register},
    stark::Val,
    statement::SystemCell,
    tables::{NotFixed, Table},
};
use core::{array, mem};
use p3_field::PrimeCharacteristicRing;

/// The table of `clone`. Other flags than those of a thread are for the table `exit`.
pub(crate) struct CloneThread;

impl Table for CloneThread {
    const NAME: &'static str = "clone";
    type Row<T: Copy> = CloneThreadRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &CloneThreadRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let real: B::Expr = row.real.into();
        builder.assert_bool(row.real);
        let zero = || array::from_fn(|_| B::Expr::ZERO);
        let [flags_low, flags_high] = [CLONE_FLAGS as u16, (CLONE_FLAGS >> 16) as u16].map(B::Expr::from_u16);
        let [a1, a2] = row.others.map(|word| word.map(Into::<B::Expr>::into));
        let id = row.next.old.map(Into::<B::Expr>::into);
        let message = CallMessage {
            time: row.time.into(),
            number: B::Expr::from_u16(number::CLONE),
            arguments: [[flags_low, flags_high, B::Expr::ZERO, B::Expr::ZERO], a1.clone(), a2],
            value: id.clone(),
            error: B::Expr::ZERO,
            returns: B::Expr::from_u32(CLONES),
        };
        builder.receive_many("sc", message.fields(), &real);

        let step = Step::at(row.time);
        builder.assert_bools(row.carries);
        let mut carry = B::Expr::ONE;
        let new: [B::Expr; 4] = array::from_fn(|limb| {
            let carry_out: B::Expr = row.carries[limb].into();
            let sum = row.next.old[limb] + mem::replace(&mut carry, carry_out.clone());
            sum - carry_out * Val::from_u32(1 << 16)
        });
        for limb in &new {
            builder.range(limb.clone(), 16, &real);
        }
        builder.access_system(&step, (Slot::Middle, SystemCell::NextThread as u32), &row.next, new, &real);

        // After the switch.
        builder.access_system(&step, (Slot::Rd, SystemCell::Thread as u32), &row.thread, id.clone(), &real);
        builder.replace(&step, (Slot::Rd, register::SP), &row.stack, a1, &real);
        let v0 = B::Expr::from_u8(register::V0);
        builder.access(&step, Slot::Rd, v0, [id, zero()], row.value_before, &real);
    }
}
