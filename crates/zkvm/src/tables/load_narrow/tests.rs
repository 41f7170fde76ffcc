//! Rows of random instructions are right, and no cell of them can be changed.

use super::LoadNarrowRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, WINDOW, check_and_mutate, execute, instruction, instruction_at, judge},
};
use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const OPS: &[Op] = &[Op::Lb, Op::Lbu, Op::Lh, Op::Lhu, Op::Lw, Op::Lwu];

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(OPS)) {
        check_and_mutate(AnyTable::LoadNarrow, &case)?;
    }

    #[test]
    fn so_it_is_at_edges_of_addresses(case in instruction_at(OPS)) {
        check_and_mutate(AnyTable::LoadNarrow, &case)?;
    }
}

/// Each load from each offset in a word, of pieces with and without a sign.
#[test]
fn each_piece_of_a_word_is_loaded() -> Result<(), TestCaseError> {
    for opcode in [0x20, 0x21, 0x23, 0x24, 0x25, 0x27] {
        for offset in 0..8 {
            for memory in [0x0180_fe7f_80ff_7e81, 0x8102_7f81_0100_8001] {
                // The destination is register 1, the base is register 0.
                let word = opcode << 26 | 1 << 16 | 0x1000 | offset;
                check_and_mutate(AnyTable::LoadNarrow, &(word, Cpu::at(WINDOW << 32), memory))?;
            }
        }
    }
    Ok(())
}

/// No other byte and no other sign can be loaded with all cells changed that depend on them.
#[test]
fn a_byte_cannot_be_forged() {
    for opcode in [0x20, 0x24] {
        for offset in [0x1000, 0x1001] {
            let executed = execute(opcode << 26 | 1 << 16 | offset, &Cpu::at(WINDOW << 32), 0x8070 << 48)
                .expect("provable");
            let row = LoadNarrowRow::new(&executed);
            for change in (-300..300).map(Val::from_i32) {
                for sign in [Val::ZERO, Val::ONE] {
                    let mut forged = row;
                    forged.sign = sign;
                    forged.rest += change - (sign - row.sign) * Val::from_u8(1 << 7);
                    forged.low += change + (sign - row.sign) * Val::from_u16(0xff00);
                    forged.high = sign * Val::from_u16(u16::MAX);
                    let place = Val::from_u16(1 << 8);
                    forged.other -= if offset & 1 == 1 { change * place.inverse() } else { change * place };
                    let verdict = judge(AnyTable::LoadNarrow, forged.cells());
                    match verdict {
                        Verdict::Right(_) => assert_eq!(forged.cells(), row.cells()),
                        Verdict::Refused(_) => {}
                        Verdict::Wrong(_) | Verdict::Alone(_) => panic!("{change} and {sign}: {verdict:?}"),
                    }
                }
            }
        }
    }
}

/// No other sign can be extended with all cells changed that depend on it.
#[test]
fn a_sign_cannot_be_forged() {
    for opcode in [0x20, 0x21, 0x23, 0x24, 0x25, 0x27] {
        for memory in [0, u64::MAX] {
            let executed = execute(opcode << 26 | 1 << 16, &Cpu::at(WINDOW << 32), memory).expect("provable");
            let row = LoadNarrowRow::new(&executed);
            let mut forged = row;
            forged.sign = Val::ONE - row.sign;
            if row.byte == Val::ONE {
                forged.low += (forged.sign - row.sign) * Val::from_u16(0xff00);
            }
            if row.word == Val::ZERO {
                forged.high = forged.sign * Val::from_u16(u16::MAX);
            }
            let bit = Val::from_u32(if row.byte == Val::ONE { 1 << 7 } else { 1 << 15 });
            for rest in [row.rest, row.rest + (row.sign - forged.sign) * bit] {
                forged.rest = rest;
                let verdict = judge(AnyTable::LoadNarrow, forged.cells());
                assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
            }
        }
    }
}
