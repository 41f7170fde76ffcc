//! The constraints. Where the limbs and bytes of a word lie: see the table `load_narrow`.

use super::StoreNarrowRow;
use crate::{
    bus::{Buses, Operands, Slot},
    stark::Val,
    tables::{NotFixed, Table},
    word::Word,
};
use p3_field::PrimeCharacteristicRing;
use tribunal_mips::Op;

/// The table of `sb`, `sh` and `sw`.
pub(crate) struct StoreNarrow;

impl Table for StoreNarrow {
    const NAME: &'static str = "store-narrow";
    type Row<T: Copy> = StoreNarrowRow<T>;
    type Fixed<T: Copy> = NotFixed<T>;

    fn eval<B: Buses>(row: &StoreNarrowRow<B::Var>, _: &NotFixed<B::Var>, builder: &mut B) {
        let (op, real) = builder.one_of([(row.sb, Op::Sb), (row.sh, Op::Sh), (row.sw, Op::Sw)]);
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
        let address = builder.address(row.rs.value, row.constant.word(), &row.address);
        // Each limb of the new word is one of the old word or of the register, or joined from two bytes.
        builder.store(&row.step, &address, &row.memory, row.new.map(Into::into), &real);

        keep(row, builder);
        replace(row, builder);
    }
}

/// Asserts that nothing changes but the piece at the address, or the limb around it.
fn keep<B: Buses>(row: &StoreNarrowRow<B::Var>, builder: &mut B) {
    let [_, two, four] = row.address.low;
    let below_word = row.sb + row.sh;
    let not = |bit: B::Var| B::Expr::ONE - bit;
    for (limb, (new, old)) in row.new.into_iter().zip(row.memory.old).enumerate() {
        let in_other_half = if limb < 2 { not(four) } else { four.into() };
        let beside = if limb % 2 == 0 { not(two) } else { two.into() };
        builder.assert_zero(in_other_half * (new - old));
        builder.assert_zero(below_word.clone() * beside * (new - old));
    }
}

/// Asserts that the new word has the piece.
fn replace<B: Buses>(row: &StoreNarrowRow<B::Var>, builder: &mut B) {
    let [one, two, four] = row.address.low;
    let choose = |bit: B::Var, set: B::Expr, clear: B::Expr| clear.clone() + bit * (set - clear);
    let [low, high, ..] = row.rt.value;

    let in_half = |limb: usize| if limb < 2 { four.into() } else { B::Expr::ONE - four };
    for (limb, (new, stored)) in row.new.into_iter().zip([low, high, low, high]).enumerate() {
        builder.assert_zero(row.sw * in_half(limb) * (new - stored));
    }

    // The limb at the address, before and after. A word has the right one anyhow.
    let limb_at = |word: Word<B::Var>| {
        let [a, b, c, d] = word.map(Into::into);
        choose(two, choose(four, a, c), choose(four, b, d))
    };
    let byte = low - row.upper * Val::from_u16(1 << 8);
    let with = |byte: B::Expr| {
        let join = |low: B::Expr, high: B::Expr| low + high * Val::from_u16(1 << 8);
        choose(one, join(byte.clone(), row.kept.into()), join(row.kept.into(), byte))
    };
    builder.assert_eq(limb_at(row.memory.old), with(row.replaced.into()));
    let of_word = choose(two, low.into(), high.into());
    builder.assert_eq(limb_at(row.new), row.sb * with(byte.clone()) + row.sh * low + row.sw * of_word);

    let [of_register, of_memory] = row.both.map(Into::into);
    builder.byte(byte, row.upper.into(), of_register, &row.sb.into());
    builder.byte(row.replaced.into(), row.kept.into(), of_memory, &row.sb.into());
}
