//! Rows of random instructions are right, and no cell of them can be changed.

use super::ShiftRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    tables::power::Power,
    testing::{Verdict, check_and_mutate, execute, instruction, judge},
    trace::Executed,
    word::word,
};
use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const SHIFTS: &[Op] = &[
    Op::Sll,
    Op::Srl,
    Op::Sra,
    Op::Sllv,
    Op::Srlv,
    Op::Srav,
    Op::Dsll,
    Op::Dsrl,
    Op::Dsra,
    Op::Dsllv,
    Op::Dsrlv,
    Op::Dsrav,
];

/// The last bits of the shifts by a constant and of the shifts by a register.
const CONSTANT: [u32; 9] = [0x00, 0x02, 0x03, 0x38, 0x3a, 0x3b, 0x3c, 0x3e, 0x3f];
const VARIABLE: [u32; 6] = [0x04, 0x06, 0x07, 0x14, 0x16, 0x17];

const OPERANDS: [u64; 9] =
    [0, 1, 0x8000, 0x7fff_ffff, 0x8000_0000, 0x1234_5678_8765_4321, 0xfedc_ba98_7654_3210, 1 << 63, u64::MAX];

/// The word that shifts register 3 into register 4, and the CPU that has the operand there. The amount is in register 2 or
/// a constant.
fn shift(function: u32, amount: u64, operand: u64) -> (u32, Cpu, u64) {
    let mut cpu = Cpu::at(1 << 32 | 0x1234_5670);
    cpu.set(2, amount);
    cpu.set(3, operand);
    (2 << 21 | 3 << 16 | 4 << 11 | (amount as u32 & 31) << 6 | function, cpu, 0)
}

fn executed((word, cpu, memory): &(u32, Cpu, u64)) -> Executed {
    execute(*word, cpu, *memory).unwrap()
}

fn judged(row: &ShiftRow<Val>) -> Verdict {
    judge(AnyTable::Shift, row.cells())
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(SHIFTS)) {
        check_and_mutate(AnyTable::Shift, &case)?;
    }

    /// The witness for one amount and operand proves nothing about another amount and operand.
    #[test]
    fn rows_do_not_mix(one in instruction(SHIFTS), amount: u64, operand: u64) {
        let (word, cpu, memory) = &one;
        let mut other = cpu.clone();
        let instruction = tribunal_mips::Instruction::decode(*word);
        other.set(instruction.rs, amount);
        other.set(instruction.rt, operand);
        let Some((one, other)) = execute(*word, cpu, *memory).zip(execute(*word, &other, *memory)) else {
            return Err(TestCaseError::reject("not provable"));
        };
        let (one, other) = (ShiftRow::new(&one), ShiftRow::new(&other));
        let cells = one.cells().len();
        for (from, to) in (0..cells).flat_map(|from| (from + 1..=cells).map(move |to| (from, to))) {
            let mut mixed = one.cells().to_vec();
            mixed[from..to].copy_from_slice(&other.cells()[from..to]);
            let verdict = judge(AnyTable::Shift, &mixed);
            prop_assert!(!matches!(verdict, Verdict::Wrong(_)), "cells {from} to {to}: {verdict:x?}");
        }
    }
}

#[test]
fn each_amount() {
    let right = |case: (u32, Cpu, u64)| {
        let verdict = judged(&ShiftRow::new(&executed(&case)));
        assert!(matches!(&verdict, Verdict::Right(said) if !said.is_empty()), "{case:x?}: {verdict:x?}");
    };
    for operand in OPERANDS {
        for amount in 0..32 {
            CONSTANT.into_iter().for_each(|function| right(shift(function, amount, operand)));
        }
        for amount in (0..130).chain([0x7fff, 0x8000, 0xffff, 0x1_0000, 0x1_0021, u64::MAX]) {
            VARIABLE.into_iter().for_each(|function| right(shift(function, amount, operand)));
        }
    }
}

/// What a shift by another amount would have, with the cells of the amount filled so that they add up in the field.
#[test]
fn no_other_amount() {
    for (function, amount) in
        VARIABLE.into_iter().flat_map(|function| [0, 5, 16, 31, 33, 64, 0xffff].map(|n| (function, n)))
    {
        let narrow = function < 0x10;
        let truth = executed(&shift(function, amount, 0xfedc_ba98_7654_3210));
        for other in 0..64 {
            let mut row = ShiftRow::new(&executed(&shift(function, other, truth.rt.value)));
            let width = if narrow { 32 } else { 64 };
            let difference = Val::from_u16(amount as u16) - Val::from_u16((other % width) as u16);
            row.rs = truth.rs.read();
            row.excess = difference / Val::from_u64(width);
            let verdict = judged(&row);
            let same = other % width == amount % width;
            assert_eq!(matches!(verdict, Verdict::Right(_)), same, "{amount} as {other}: {verdict:x?}");
            assert_eq!(matches!(verdict, Verdict::Refused(_)), !same);
        }
    }
    // A left shift by 64 - n whole limbs and 16 bits would be one by 64, which counts as 0.
    let mut row = ShiftRow::new(&executed(&shift(0x14, 64, 5)));
    row.whole = [Val::ZERO, Val::ZERO, Val::ONE];
    row.power = Power::new(16);
    row.excess = Val::ZERO;
    (row.upper, row.lower) = ([Val::ZERO; 4], [Val::ZERO; 4]);
    row.upper[3] = Val::from_u8(5);
    row.result = word(0);
    assert!(matches!(judged(&row), Verdict::Refused(_)));
}

/// Parts of a limb that add up to it in the field, and the result that follows from them.
#[test]
fn no_other_parts() {
    for function in [0x38, 0x3a, 0x3c, 0x3e, 0x00, 0x02] {
        for (amount, operand) in (0..32).flat_map(|amount| OPERANDS.map(|operand| (amount, operand))) {
            let honest = ShiftRow::new(&executed(&shift(function, amount, operand)));
            let Power { power, rest, .. } = honest.power;
            let left = honest.sll + honest.dsll == Val::ONE;
            let wide = honest.dsll + honest.dsrl == Val::ONE;
            for place in 0..4 {
                let up = [1, -1, 2, -2].map(Val::from_i32);
                let down = [1, -1, 2, -2].map(|by| Val::from_i32(by) * rest.inverse());
                for by in up.into_iter().chain(down) {
                    let mut row = honest;
                    row.upper[place] += by;
                    row.lower[place] -= by * rest;
                    let (upper, lower) = (row.upper, row.lower);
                    for at in 0..if wide { 4 } else { 2 } {
                        row.result[at] = if left {
                            lower[at] * power + if at > 0 { upper[at - 1] } else { Val::ZERO }
                        } else {
                            upper[at] + if at < 3 { lower[at + 1] * power } else { Val::ZERO }
                        };
                    }
                    assert!(
                        matches!(judged(&row), Verdict::Refused(_)),
                        "{function:x} {amount} {operand:x} {place}"
                    );
                }
            }
        }
    }
}

/// The wrong sign, with everything that follows from it.
#[test]
fn no_other_sign() {
    for operand in OPERANDS {
        for amount in 0..32 {
            for function in [0x00, 0x02, 0x03, 0x3b, 0x3f] {
                let mut case = shift(function, amount, operand);
                let truth = executed(&case);
                // The operand with the other sign.
                case.1.set(3, operand ^ 1 << 63 ^ 1 << 31);
                let mut row = ShiftRow::new(&executed(&case));
                row.rt = truth.rt.read();
                assert!(matches!(judged(&row), Verdict::Refused(_)), "{function:x} {amount} {operand:x}");
                let mut row = ShiftRow::new(&truth);
                row.sign = Val::ONE - row.sign;
                row.without_sign += (Val::ONE - row.sign.double()) * Val::from_u32(1 << 15);
                assert!(!matches!(judged(&row), Verdict::Wrong(_)), "{function:x} {amount} {operand:x}");
            }
        }
    }
}
