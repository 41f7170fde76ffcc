//! Rows of random instructions are right, and no cell of them can be changed.

use super::{ShiftRow, ShiftVariableRow, columns::Shifted};
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    tables::power::Power,
    testing::{Verdict, check_and_mutate, check_mixes, cpu, execute, instruction, judge},
    trace::Executed,
    word::word,
};
use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const BY_CONSTANT: &[Op] = &[Op::Sll, Op::Srl, Op::Sra, Op::Dsll, Op::Dsrl, Op::Dsra];
const BY_REGISTER: &[Op] = &[Op::Sllv, Op::Srlv, Op::Srav, Op::Dsllv, Op::Dsrlv, Op::Dsrav];

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

/// A row of either table.
#[derive(Clone, Copy)]
enum Either {
    Constant(ShiftRow<Val>),
    Variable(ShiftVariableRow<Val>),
}

impl Either {
    fn new(case: &(u32, Cpu, u64)) -> Self {
        let executed = executed(case);
        if executed.is_one_of(BY_CONSTANT) {
            Self::Constant(ShiftRow::new(&executed))
        } else {
            Self::Variable(ShiftVariableRow::new(&executed))
        }
    }

    const fn shifted(&mut self) -> &mut Shifted<Val> {
        match self {
            Self::Constant(row) => &mut row.shifted,
            Self::Variable(row) => &mut row.shifted,
        }
    }

    fn judged(&self) -> Verdict {
        match self {
            Self::Constant(row) => judge(AnyTable::Shift, row.cells()),
            Self::Variable(row) => judge(AnyTable::ShiftVariable, row.cells()),
        }
    }

    fn is_right(&self) -> bool {
        matches!(self.judged(), Verdict::Right(said) if !said.is_empty())
    }

    fn is_refused(&self) -> bool {
        matches!(self.judged(), Verdict::Refused(_))
    }
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts((constant, variable) in (instruction(BY_CONSTANT), instruction(BY_REGISTER))) {
        check_and_mutate(AnyTable::Shift, &constant)?;
        check_and_mutate(AnyTable::ShiftVariable, &variable)?;
    }

    #[test]
    fn rows_do_not_mix(
        (constant, variable, other) in (instruction(BY_CONSTANT), instruction(BY_REGISTER), cpu()),
    ) {
        check_mixes(AnyTable::Shift, &constant, &other)?;
        check_mixes(AnyTable::ShiftVariable, &variable, &other)?;
    }
}

#[test]
fn each_amount() {
    let right = |case: (u32, Cpu, u64)| assert!(Either::new(&case).is_right(), "{case:x?}");
    for operand in OPERANDS {
        for amount in 0..32 {
            CONSTANT.into_iter().for_each(|function| right(shift(function, amount, operand)));
        }
        for amount in (0..130).chain([0x7fff, 0x8000, 0xffff, 0x1_0000, 0x1_0021, u64::MAX]) {
            VARIABLE.into_iter().for_each(|function| right(shift(function, amount, operand)));
        }
    }
}

/// What a shift by another amount would have.
#[test]
fn no_other_constant() {
    for (function, amount) in
        CONSTANT.into_iter().flat_map(|function| [0, 5, 16, 31].map(|amount| (function, amount)))
    {
        let case = shift(function, amount, 0xfedc_ba98_7654_3210);
        let honest = ShiftRow::new(&executed(&case));
        for other in 0..32 {
            let mut row = ShiftRow::new(&executed(&shift(function, other, case.1.register(3))));
            row.amount = honest.amount;
            let row = Either::Constant(row);
            assert!(if other == amount { row.is_right() } else { row.is_refused() }, "{amount} as {other}");
        }
    }
    // Half of one limb and half of two, which would be a shift of 2 by 24.
    let mut row = Either::new(&shift(0x38, 24, 2));
    let shifted = row.shifted();
    shifted.whole = [Val::ONE.halve(), Val::ONE.halve(), Val::ZERO];
    shifted.power = Power::new(0);
    (shifted.upper, shifted.lower) = ([Val::ZERO; 4], word(0x0001_0001_0000));
    shifted.result = shifted.lower;
    assert!(row.is_refused());
}

/// The same, with the excess filled so that the amount adds up in the field.
#[test]
fn no_other_amount_in_a_register() {
    let amounts = [0, 5, 16, 31, 33, 64, 0xffff];
    for (function, amount) in
        VARIABLE.into_iter().flat_map(|function| amounts.map(|amount| (function, amount)))
    {
        let case = shift(function, amount, 0xfedc_ba98_7654_3210);
        let honest = ShiftVariableRow::new(&executed(&case));
        for other in 0..64 {
            let mut row = ShiftVariableRow::new(&executed(&shift(function, other, case.1.register(3))));
            let width = if executed(&case).is_one_of(&[Op::Sllv, Op::Srlv, Op::Srav]) { 32 } else { 64 };
            row.excess += (honest.rs.value[0] - row.rs.value[0]) / Val::from_u64(width);
            row.rs = honest.rs;
            let same = other % width == amount % width;
            let row = Either::Variable(row);
            assert!(if same { row.is_right() } else { row.is_refused() }, "{amount} as {other}");
        }
    }
    // A left shift by three whole limbs and 16 bits would be one by 64, which counts as 0.
    let mut row = ShiftVariableRow::new(&executed(&shift(0x14, 64, 5)));
    row.excess = Val::ZERO;
    row.shifted.whole = [Val::ZERO, Val::ZERO, Val::ONE];
    row.shifted.power = Power::new(16);
    (row.shifted.upper, row.shifted.lower) = ([Val::ZERO; 4], [Val::ZERO; 4]);
    row.shifted.upper[3] = Val::from_u8(5);
    row.shifted.result = word(0);
    assert!(Either::Variable(row).is_refused());
}

/// Parts of a limb that add up to it in the field, and the result that follows from them.
#[test]
fn no_other_parts() {
    for function in [0x38, 0x3a, 0x3c, 0x3e, 0x00, 0x02] {
        for (amount, operand) in (0..32).flat_map(|amount| OPERANDS.map(|operand| (amount, operand))) {
            let honest = Either::new(&shift(function, amount, operand));
            let Shifted { power: Power { power, rest, .. }, sll, dsll, dsrl, .. } = *{ honest }.shifted();
            let left = sll + dsll == Val::ONE;
            let wide = dsll + dsrl == Val::ONE;
            for place in 0..4 {
                let up = [1, -1, 2, -2].map(Val::from_i32);
                let down = [1, -1, 2, -2].map(|by| Val::from_i32(by) * rest.inverse());
                for by in up.into_iter().chain(down) {
                    let mut forged = honest;
                    let row = forged.shifted();
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
                    assert!(forged.is_refused(), "{function:x} {amount} {operand:x} {place}");
                }
            }
        }
    }
}

/// A row with another sign, 0, 1 or neither, and with everything that follows from it.
fn with_sign(honest: &Either, sign: Val) -> Either {
    let mut forged = *honest;
    let row = forged.shifted();
    let fill = sign * Val::from_u16(u16::MAX);
    let arithmetic = row.sra + row.dsra == Val::ONE;
    let narrow = row.sll + row.srl + row.sra == Val::ONE;
    let limbs = if narrow { 2 } else { 4 };
    row.sign = sign;
    if arithmetic {
        let whole = row.whole.iter().position(|flag| *flag == Val::ONE).map_or(0, |limbs| limbs + 1);
        for place in limbs - usize::min(whole, limbs)..4 {
            // The parts of limbs of ones.
            row.upper[place] = sign * (row.power.power - Val::ONE);
            row.lower[place] = sign * (row.power.rest - Val::ONE);
        }
        for place in 0..limbs {
            let above = if place < 3 { row.lower[place + 1] } else { sign * (row.power.rest - Val::ONE) };
            row.result[place] = row.upper[place] + above * row.power.power;
        }
    }
    row.result[limbs..].fill(fill);
    let top = if arithmetic { row.rt.value[limbs - 1] } else { row.result[1] };
    row.without_sign = top - sign * Val::from_u32(1 << 15);
    forged
}

#[test]
fn no_other_sign() {
    for operand in OPERANDS {
        for amount in 0..32 {
            for function in [0x00, 0x02, 0x03, 0x3b, 0x3f] {
                let mut honest = Either::new(&shift(function, amount, operand));
                let sign = honest.shifted().sign;
                assert_eq!(
                    with_sign(&honest, sign).shifted().cells(),
                    honest.shifted().cells(),
                    "{function:x} {amount}"
                );
                let part = Val::from_u32(1 << 15).inverse();
                let signs = [Val::ONE - sign, sign + part, sign - part];
                for mut row in signs.map(|sign| with_sign(&honest, sign)) {
                    assert!(row.is_refused(), "{function:x} {amount} {operand:x}");
                    row.shifted().without_sign = Val::ZERO;
                    assert!(row.is_refused(), "{function:x} {amount} {operand:x}");
                }
            }
        }
    }
}
