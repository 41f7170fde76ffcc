//! Rows of random instructions are right, and no cell of them can be changed.

use super::BranchLinkRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, WINDOW, check_and_mutate, check_mixes, cpu, execute, instruction, judge},
};
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

/// A branch. It often tests the register that links, and often a number near the edge between the signs. The low limb of its
/// address is often so high that the return address has another second limb, or none of the code window.
fn case() -> impl Strategy<Value = (u32, Cpu, u64)> {
    let tested = prop::option::of(prop::sample::select(vec![0, 1, i64::MAX as u64, 1 << 63, u64::MAX]));
    let register = prop::option::of(prop::sample::select(vec![0_u32, 31]));
    let low = prop::option::of(prop::sample::select(vec![0_u64, 0xfff0, 0xfff4, 0xfff8, 0xfffc]));
    (instruction(&[Op::Bltzal, Op::Bgezal]), tested, register, low, any::<bool>()).prop_map(
        |((mut word, mut cpu, memory), tested, register, low, last)| {
            if let Some(register) = register {
                word = word & 0xfc1f_ffff | register << 21;
            }
            if let Some(tested) = tested {
                cpu.set((word >> 21 & 31) as u8, tested);
            }
            if let Some(low) = low {
                let limb = if last { 0xffff_0000 } else { cpu.pc & 0xffff_0000 };
                cpu.pc = cpu.pc & !0xffff_ffff | limb | low;
                cpu.next_pc = cpu.pc + 4;
            }
            (word, cpu, memory)
        },
    )
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in case()) {
        // The return address must lie in the same window.
        prop_assume!((case.1.pc + 8) >> 32 == WINDOW);
        check_and_mutate(AnyTable::BranchLink, &case)?;
    }

    #[test]
    fn rows_do_not_mix((case, other) in (case(), cpu())) {
        check_mixes(AnyTable::BranchLink, &case, &other)?;
    }
}

/// A sign that is neither 0 nor 1 would let the branch go anywhere.
#[test]
fn no_other_sign() {
    for (bgezal, value) in
        [0, 1].into_iter().flat_map(|op| [0, 1 << 48, 1 << 63, u64::MAX].map(|value| (op, value)))
    {
        let mut cpu = Cpu::at(WINDOW << 32 | 0x1000);
        cpu.set(2, value);
        let executed = execute(1 << 26 | 2 << 21 | (0x10 + bgezal) << 16 | 0x40, &cpu, 0).unwrap();
        let honest = BranchLinkRow::new(&executed);
        assert!(matches!(judge(AnyTable::BranchLink, honest.cells()), Verdict::Right(_)));
        for without_sign in [0, 1, 2, 0x7fff] {
            let mut row = honest;
            row.negative = (row.rs.value[3] - Val::from_u16(without_sign)) / Val::from_u16(1 << 15);
            if row.negative == honest.negative {
                continue;
            }
            let taken = if bgezal == 1 { Val::ONE - row.negative } else { row.negative };
            let on = row.step.next_pc + Val::ONE;
            row.goes_to = on + taken * (row.target - on);
            assert!(matches!(judge(AnyTable::BranchLink, row.cells()), Verdict::Refused(_)), "{value:x}");
        }
    }
}
