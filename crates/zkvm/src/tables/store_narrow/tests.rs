//! Rows of random instructions are right, and no cell of them can be changed.

use super::StoreNarrowRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, WINDOW, check_and_mutate, execute, instruction, instruction_at, judge},
};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const OPS: &[Op] = &[Op::Sb, Op::Sh, Op::Sw];

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(OPS)) {
        check_and_mutate(AnyTable::StoreNarrow, &case)?;
    }

    #[test]
    fn so_it_is_at_edges_of_addresses(case in instruction_at(OPS)) {
        check_and_mutate(AnyTable::StoreNarrow, &case)?;
    }
}

/// A CPU whose register 1 is to be stored.
fn cpu() -> Cpu {
    let mut cpu = Cpu::at(WINDOW << 32);
    cpu.set(1, 0x1122_3344_5566_7788);
    cpu
}

/// Each store at each offset in a word.
#[test]
fn each_piece_of_a_word_is_stored() -> Result<(), TestCaseError> {
    for opcode in [0x28, 0x29, 0x2b] {
        for offset in 0..8 {
            let word = opcode << 26 | 1 << 16 | 0x1000 | offset;
            check_and_mutate(AnyTable::StoreNarrow, &(word, cpu(), 0x99aa_bbcc_ddee_ff01))?;
        }
    }
    Ok(())
}

/// No other byte can be stored or kept with all cells changed that depend on it.
#[test]
fn a_byte_cannot_be_forged() {
    for offset in [0x1006, 0x1007] {
        let executed = execute(0x28 << 26 | 1 << 16 | offset, &cpu(), 0x8070).expect("provable");
        let row = StoreNarrowRow::new(&executed);
        let place = Val::from_u16(1 << 8);
        for change in (-300..300).map(Val::from_i32) {
            let mut forged = row;
            forged.upper -= change * place.inverse();
            forged.new[0] += if offset & 1 == 1 { change } else { change * place };
            check(forged, row);

            let mut forged = row;
            forged.kept += change;
            forged.replaced -= if offset & 1 == 1 { change * place } else { change * place.inverse() };
            forged.new[0] += if offset & 1 == 1 { change * place } else { change };
            check(forged, row);
        }
    }

    fn check(mut forged: StoreNarrowRow<Val>, row: StoreNarrowRow<Val>) {
        let byte = |forged: Val| u8::try_from(forged.as_canonical_u32());
        let pairs = [
            (forged.rt.value[0] - forged.upper * Val::from_u16(1 << 8), forged.upper),
            (forged.replaced, forged.kept),
        ];
        for (both, (a, b)) in forged.both.iter_mut().zip(pairs) {
            if let (Ok(a), Ok(b)) = (byte(a), byte(b)) {
                *both = Val::from_u8(a & b);
            }
        }
        match judge(AnyTable::StoreNarrow, forged.cells()) {
            Verdict::Right(_) => assert_eq!(forged.cells(), row.cells()),
            Verdict::Refused(_) => {}
            verdict => panic!("{verdict:?}"),
        }
    }
}
