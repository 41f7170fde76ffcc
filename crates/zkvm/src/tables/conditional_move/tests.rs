//! Rows of random instructions are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{check_and_mutate, check_mixes, cpu, instruction},
};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

/// A conditional move. Its condition is often zero, or has one limb that is not, and its registers are often the same.
fn case() -> impl Strategy<Value = (u32, Cpu, u64)> {
    let condition = prop_oneof![
        3 => Just(Some(0)),
        3 => (0..64).prop_map(|bit| Some(1_u64 << bit)),
        1 => (0..4).prop_map(|limb| Some(0xffff_u64 << (16 * limb))),
        2 => Just(None),
    ];
    let registers = prop::option::of((0_u32..3, 0_u32..3, 0_u32..3));
    (instruction(&[Op::Movz, Op::Movn]), condition, registers).prop_map(
        |((mut word, mut cpu, memory), condition, registers)| {
            if let Some((rs, rt, rd)) = registers {
                word = word & 0xfc00_07ff | rs << 21 | rt << 16 | rd << 11;
            }
            if let Some(condition) = condition {
                cpu.set((word >> 16 & 31) as u8, condition);
            }
            (word, cpu, memory)
        },
    )
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in case()) {
        check_and_mutate(AnyTable::ConditionalMove, &case)?;
    }

    #[test]
    fn rows_do_not_mix((case, other) in (case(), cpu())) {
        check_mixes(AnyTable::ConditionalMove, &case, &other)?;
    }
}
