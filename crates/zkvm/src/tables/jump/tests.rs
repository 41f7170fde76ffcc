//! Rows of random instructions are right, and no cell of them can be changed.

use crate::{
    air::AnyTable,
    testing::{WINDOW, check_and_mutate, check_mixes, instruction},
};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

/// A jump to a register that has an address of the code window.
fn to_register() -> impl Strategy<Value = (u32, Cpu, u64)> {
    let words = prop_oneof![
        prop::sample::select(vec![0_u64, 1, 0x3fff, 0x4000, 0x3fff_ffff, 0x3fff_c000]),
        0..1_u64 << 30,
    ];
    (instruction(&[Op::Jr, Op::Jalr]), words, 1_u32..32).prop_map(|((word, mut cpu, memory), words, rs)| {
        cpu.set(rs as u8, WINDOW << 32 | words << 2);
        (word & 0xfc1f_ffff | rs << 21, cpu, memory)
    })
}

proptest! {
    #[test]
    fn each_cell_of_a_jump_to_a_constant_counts(case in instruction(&[Op::J, Op::Jal])) {
        check_and_mutate(AnyTable::Jump, &case)?;
    }

    #[test]
    fn each_cell_of_a_jump_to_a_register_counts(case in to_register()) {
        check_and_mutate(AnyTable::Jump, &case)?;
    }

    #[test]
    fn rows_do_not_mix(case in to_register(), other in to_register()) {
        let rs = (case.0 >> 21 & 31) as u8;
        let mut cpu = other.1;
        cpu.set(rs, cpu.get((other.0 >> 21 & 31) as u8));
        check_mixes(AnyTable::Jump, &case, &cpu)?;
    }
}
