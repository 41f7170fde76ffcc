//! Rows of random instructions are right, and no cell of them can be changed.

use super::LoadDoubleRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, WINDOW, check_and_mutate, execute, instruction, instruction_at, judge},
};
use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const OPS: &[Op] = &[Op::Ld];

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(OPS)) {
        check_and_mutate(AnyTable::LoadDouble, &case)?;
    }

    #[test]
    fn so_it_is_at_edges_of_addresses(case in instruction_at(OPS)) {
        check_and_mutate(AnyTable::LoadDouble, &case)?;
    }
}

/// An address cannot be rounded to another multiple of 8 than the one below it.
#[test]
fn an_address_is_rounded_in_one_way() {
    for offset in 0..8 {
        // ld $1, offset($0)
        let executed = execute(0xdc01_1000 | offset, &Cpu::at(WINDOW << 32), 0x1234).expect("provable");
        let row = LoadDoubleRow::new(&executed);
        let mut right = 0;
        for one in -20..20 {
            for other in -20..20 {
                let mut forged = row;
                forged.address.below = [one, other].map(Val::from_i32);
                match judge(AnyTable::LoadDouble, forged.cells()) {
                    Verdict::Right(_) => right += 1,
                    Verdict::Wrong(why) => panic!("{one} and {other} for {offset}: {why}"),
                    Verdict::Alone(_) | Verdict::Refused(_) => {}
                }
            }
        }
        assert!(right > 0);
    }
}

/// A carry that is no bit would move limbs of the address: 2^16 times a large carry is small modulo the field's order.
#[test]
fn a_carry_is_a_bit() {
    // ld $1, 3($2)
    let mut cpu = Cpu::at(WINDOW << 32);
    cpu.set(2, 0x8000_8000_8000_8000);
    let row = LoadDoubleRow::new(&execute(0xdc41_0003, &cpu, 0x1234).expect("provable"));
    let fraction = Val::from_u32(1 << 16).inverse();
    for carry in 0..4 {
        for times in (-20..20).filter(|times| *times != 0).map(Val::from_i32) {
            for [one, other] in [[0, 0], [1, 0], [2, 0], [0, 3], [1, 3], [0, 5], [1, 5], [2, 5]] {
                let mut forged = row;
                forged.address.carries[carry] += times * fraction;
                forged.address.below = [one, other].map(Val::from_u8);
                let verdict = judge(AnyTable::LoadDouble, forged.cells());
                assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
            }
        }
    }
}
