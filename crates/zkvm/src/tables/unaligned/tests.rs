//! Rows of random instructions are right, and no cell of them can be changed.

use super::UnalignedRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, WINDOW, check_and_mutate, execute, instruction, instruction_at, judge},
};
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const OPS: &[Op] = &[Op::Lwl, Op::Lwr, Op::Ldl, Op::Ldr, Op::Swl, Op::Swr, Op::Sdl, Op::Sdr];

proptest! {
    // A row has many cells, and so many more pairs of cells.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(case in instruction(OPS)) {
        check_and_mutate(AnyTable::Unaligned, &case)?;
    }

    #[test]
    fn so_it_is_at_edges_of_addresses(case in instruction_at(OPS)) {
        check_and_mutate(AnyTable::Unaligned, &case)?;
    }
}

/// The opcodes of `lwl` and `lwr`.
const NARROW_LOADS: [u32; 2] = [0x22, 0x26];

/// An instruction that merges this register and memory at this place in a word. The register is number 1.
fn merge(opcode: u32, place: u32, register: u64, memory: u64) -> (u32, Cpu, u64) {
    let mut cpu = Cpu::at(WINDOW << 32);
    cpu.set(1, register);
    (opcode << 26 | 1 << 16 | 0x1000 | place, cpu, memory)
}

/// Each instruction at each place in a word, with and without signs.
#[test]
fn each_part_of_a_word_is_merged() -> Result<(), TestCaseError> {
    for opcode in [0x22, 0x26, 0x1a, 0x1b, 0x2a, 0x2e, 0x2c, 0x2d] {
        for place in 0..8 {
            for sign in [0, 0x8080_8080_8080_8080] {
                let (register, memory) = (0x1122_3344_5566_7708, 0x191a_2b3c_4d5e_6f70);
                check_and_mutate(
                    AnyTable::Unaligned,
                    &merge(opcode, place, register ^ !sign, memory ^ sign),
                )?;
            }
        }
    }
    Ok(())
}

/// No other sign can be extended with all cells changed that depend on it.
#[test]
fn a_sign_cannot_be_forged() {
    for opcode in NARROW_LOADS {
        for place in 0..8 {
            for memory in [0, u64::MAX] {
                let (word, cpu, memory) = merge(opcode, place, 0x1122_3344_8566_7788, memory);
                let row = UnalignedRow::new(&execute(word, &cpu, memory).expect("provable"));
                let mut forged = row;
                forged.sign = Val::ONE - row.sign;
                let verdict = judge(AnyTable::Unaligned, forged.cells());
                assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
                forged.result[2] = forged.sign * Val::from_u16(u16::MAX);
                forged.result[3] = forged.result[2];
                let verdict = judge(AnyTable::Unaligned, forged.cells());
                assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
            }
        }
    }
}
