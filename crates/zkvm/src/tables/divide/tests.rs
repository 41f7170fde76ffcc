//! Rows of random instructions are right, no cell of them can be changed, and no row says another result.

use super::{DivideRow, trace::Division};
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    tables::signs::Extended,
    testing::{Verdict, check_and_mutate, edges, execute_with, instruction, judge},
    trace::Executed,
    word::word,
};
use core::iter;
use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use tribunal_mips::{Cpu, Op};

const OPS: [Op; 4] = [Op::Div, Op::Divu, Op::Ddiv, Op::Ddivu];

/// A division, whose dividend is often near a multiple of the divisor.
fn division() -> impl Strategy<Value = (u32, Cpu, u64)> {
    let near =
        (any::<bool>(), prop_oneof![0_u64..4, any::<u64>(), any::<u32>().prop_map(u64::from)], -1..=1_i64);
    (instruction(&OPS), near).prop_map(|((word, mut cpu, memory), (changed, times, by))| {
        let [rs, rt] = [21, 16].map(|from| (word >> from & 31) as u8);
        if changed {
            let dividend = cpu.register(rt).wrapping_mul(times).wrapping_add_signed(by);
            cpu.set(rs, dividend);
        }
        (word, cpu, memory)
    })
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in division()) {
        check_and_mutate(AnyTable::Divide, &case)?;
    }
}

/// Each operation with each pair of edges as operands, unless it divides by zero.
fn cases() -> impl Iterator<Item = (Op, Executed)> {
    let edges = edges();
    let pairs: Vec<[u64; 2]> = edges.iter().flat_map(|&a| edges.iter().map(move |&b| [a, b])).collect();
    OPS.into_iter().flat_map(move |op| {
        pairs.clone().into_iter().filter_map(move |pair| Some((op, execute_with(op, pair)?)))
    })
}

#[test]
fn a_row_of_each_pair_of_edges_is_right() {
    for (op, executed) in cases() {
        let verdict = judge(AnyTable::Divide, DivideRow::new(&executed).cells());
        assert!(matches!(verdict, Verdict::Right(_)), "{op:?} {executed:x?}: {verdict:x?}");
    }
}

#[test]
fn the_lowest_number_divided_by_minus_one_is_itself() {
    let lowest = [(Op::Ddiv, i64::MIN), (Op::Div, i32::MIN.into())];
    for (op, lowest) in lowest {
        let executed = execute_with(op, [lowest as u64, u64::MAX]).expect("it is provable");
        assert_eq!((executed.hi.new, executed.lo.new), (0, lowest as u64));
        assert!(matches!(judge(AnyTable::Divide, DivideRow::new(&executed).cells()), Verdict::Right(_)));
    }
}

/// The number as an operand of a division, if it has that sign.
fn magnitude(operand: u64, negative: bool, wide: bool) -> u64 {
    let number = if negative { operand.wrapping_neg() } else { operand };
    if wide { number } else { u64::from(number as u32) }
}

/// Divisions that add up, at least modulo 2^64, for all signs and for quotients near the right one and near the edges.
fn forgeries(executed: &Executed, right: &Division) -> Vec<Division> {
    let wide = right.wide;
    let mask = if wide { u64::MAX } else { u32::MAX.into() };
    let near = [0, 1, 2, u64::MAX].map(|by| right.quotient.wrapping_add(by));
    let mut quotients: Vec<u64> = near.into_iter().chain([0, 1, 1 << 31, 1 << 63, u64::MAX]).collect();
    quotients.extend(near.map(|quotient| quotient & mask));
    quotients.sort_unstable();
    quotients.dedup();

    let mut forgeries = Vec::new();
    for negative in [[false, false], [false, true], [true, false], [true, true]] {
        let dividend = magnitude(executed.rs.value, negative[0], wide);
        let divisor = magnitude(executed.rt.value, negative[1], wide);
        for &quotient in &quotients {
            let remainder = dividend.wrapping_sub(quotient.wrapping_mul(divisor));
            let mut remainders = vec![remainder, remainder & mask, right.remainder];
            remainders.dedup();
            let forge = |remainder| Division { negative, divisor, quotient, remainder, ..*right };
            forgeries.extend(remainders.into_iter().map(forge));
        }
    }
    forgeries
}

#[test]
fn there_is_one_quotient() {
    for (op, executed) in cases() {
        let right = Division::new(&executed);
        let row = DivideRow::new(&executed);
        for forgery in forgeries(&executed, &right) {
            let forged = DivideRow::with(&executed, &forgery);
            let verdict = judge(AnyTable::Divide, forged.cells());
            let same = forged.cells() == row.cells();
            assert_eq!(
                matches!(verdict, Verdict::Refused(_)),
                !same,
                "{op:?} {executed:x?} {forgery:x?}: {verdict:x?}"
            );
        }
    }
}

#[test]
fn no_row_divides_by_zero() {
    for (op, mut executed) in cases() {
        let right = Division::new(&executed);
        executed.rt.value = 0;
        let zero = forgeries(&executed, &Division { divisor: 0, ..right });
        let other = [1, 1 << 32, 1 << 63].map(|divisor| Division { divisor, quotient: 0, ..right });
        for forgery in zero.into_iter().chain(other) {
            let verdict = judge(AnyTable::Divide, DivideRow::with(&executed, &forgery).cells());
            assert!(
                matches!(verdict, Verdict::Refused(_)),
                "{op:?} {executed:x?} {forgery:x?}: {verdict:x?}"
            );
        }
    }
}

/// The upper half of a divisor does not count in the operations on lower halves.
#[test]
fn no_row_divides_by_a_lower_half_that_is_zero() {
    for op in [Op::Div, Op::Divu] {
        for upper in [1 << 32, 1 << 63, u64::MAX << 32] {
            let mut executed = execute_with(op, [9, 1]).expect("it is provable");
            let right = Division::new(&executed);
            executed.rt.value = upper;
            for forgery in forgeries(&executed, &right) {
                let verdict = judge(AnyTable::Divide, DivideRow::with(&executed, &forgery).cells());
                assert!(matches!(verdict, Verdict::Refused(_)), "{op:?} {forgery:x?}: {verdict:x?}");
            }
        }
    }
}

/// Words that are neither the number nor its negation, but would be if a limb or a half were not looked at: `limbs` of the
/// word count.
fn nearly(number: u64, limbs: usize) -> Vec<u64> {
    let lower = u64::from(u32::MAX);
    let half = number & !lower | number.wrapping_neg() & lower;
    let mut words =
        vec![number, number.wrapping_neg(), half, half ^ !lower, number ^ 1 << 32, number ^ 1 << 48];
    for limb in 0..limbs {
        // A limb is wrong by 1, and the next one makes up for it, for 2^16 times 32512 is -1 in the field.
        for (by, carry) in [(1, -32512), (-1, 32512)] {
            let at = |limb: usize, by: i64| if limb < limbs { (by << (16 * limb)) as u64 } else { 0 };
            words.push(number.wrapping_add(at(limb, by)).wrapping_sub(at(limb + 1, carry)));
            words.push(number.wrapping_neg().wrapping_add(at(limb, by)).wrapping_sub(at(limb + 1, carry)));
        }
    }
    words
}

/// The row, and the ones in which one of the cells says that a wide number is not negative, or that another one is.
fn other_wide_signs(row: DivideRow<Val>) -> impl Iterator<Item = DivideRow<Val>> {
    let changed = (0..3).map(move |which| {
        let mut changed = row;
        changed.wide_negative[which] = Val::ONE - row.wide_negative[which];
        changed
    });
    iter::once(row).chain(changed)
}

fn refused(row: &DivideRow<Val>) -> bool {
    matches!(judge(AnyTable::Divide, row.cells()), Verdict::Refused(_))
}

#[test]
fn the_divisor_has_one_magnitude() {
    for (op, executed) in cases() {
        let right = Division::new(&executed);
        let dividend = magnitude(executed.rs.value, right.negative[0], right.wide);
        let limbs = if right.wide { 4 } else { 2 };
        for divisor in nearly(right.divisor, limbs) {
            if divisor == 0 {
                continue;
            }
            let (quotient, remainder) = (dividend / divisor, dividend % divisor);
            let row = DivideRow::with(&executed, &Division { divisor, quotient, remainder, ..right });
            for forged in other_wide_signs(row) {
                let same = forged.cells() == DivideRow::new(&executed).cells();
                assert_eq!(refused(&forged), !same, "{op:?} {executed:x?} {divisor:x}");
            }
        }
    }
}

#[test]
fn results_have_one_sign() {
    for (op, executed) in cases() {
        let row = DivideRow::new(&executed);
        let right = Division::new(&executed);
        let (wide, limbs) = if right.wide { (true, 4) } else { (false, 2) };
        let mut forgeries: Vec<DivideRow<Val>> = other_wide_signs(row).collect();
        let lows = nearly(executed.lo.new, limbs).into_iter().flat_map(|low| {
            [row.quotient, Val::ONE - row.quotient].map(|quotient| {
                let mut forged = DivideRow { low: Extended::new(low, !wide), quotient, ..row };
                forged.wide_negative[2] = if wide { quotient } else { Val::ZERO };
                forged
            })
        });
        let highs = nearly(executed.hi.new, limbs).into_iter();
        let highs = highs.map(|high| DivideRow { high: Extended::new(high, !wide), ..row });
        forgeries.extend(lows.chain(highs).flat_map(other_wide_signs));
        for forged in forgeries {
            let same = forged.cells() == row.cells();
            assert_eq!(refused(&forged), !same, "{op:?} {executed:x?} {forged:x?}");
        }
    }
}

/// If a sign could be 3/2, then 3 times 2^62 divided by anything would be 0.
#[test]
fn the_sign_of_a_dividend_is_a_bit() {
    let right = execute_with(Op::Ddiv, [3 << 62, 5]).expect("it is provable");
    let division = Division { negative: [false, false], quotient: 0, remainder: 0, ..Division::new(&right) };
    let mut forged = DivideRow::with(&right, &division);
    let sign = Val::from_u8(3).halve();
    forged.dividend.negative = sign;
    forged.quotient = sign;
    forged.wide_negative = [sign, Val::ZERO, sign];
    assert!(refused(&forged));
}

/// See the same test of `multiply`.
#[test]
fn the_signs_of_results_are_bits() {
    let sign = Val::from_i32(-65024);
    let upper = sign * Val::from_u16(u16::MAX);
    for op in [Op::Div, Op::Divu] {
        let row = DivideRow::new(&execute_with(op, [0x3_0005, 0x2_0001]).expect("it is provable"));
        assert_eq!(row.high.word[1], Val::ONE);
        let [first, second, ..] = row.high.word;
        let high = Extended { word: [first, second, upper, upper], sign };
        assert!(refused(&DivideRow { high, ..row }));

        let row = DivideRow::new(&execute_with(op, [0x1_0000, 1]).expect("it is provable"));
        let [first, second, ..] = row.low.word;
        let low = Extended { word: [first, second, upper, upper], sign };
        assert!(refused(&DivideRow { low, ..row }));
    }
}

/// What the limbs of the remainder or of a result have too much is not made up for elsewhere.
#[test]
fn limbs_and_carries_are_small() {
    let inverse = Val::from_u32(1 << 16).inverse();
    let changes = [Val::ONE, Val::NEG_ONE, Val::from_u32(1 << 16), Val::NEG_ONE * Val::from_u32(1 << 16)];
    for (op, executed) in cases() {
        let row = DivideRow::new(&executed);
        let limbs = if matches!(op, Op::Ddiv | Op::Ddivu) { 4 } else { 2 };
        for limb in 0..limbs - 1 {
            for by in changes {
                // The sum of product and remainder stays the same. So does the word, if it is not negative.
                let mut forged = row;
                for word in [&mut forged.magnitudes.remainder, &mut forged.high.word] {
                    word[limb] += by;
                    word[limb + 1] -= by * inverse;
                }
                forged.carries[limb] += by * inverse;
                assert!(refused(&forged), "{op:?} {executed:x?}");
                forged.high = row.high;
                assert!(refused(&forged), "{op:?} {executed:x?}");
                forged.magnitudes = row.magnitudes;
                forged.magnitudes.quotient[limb] += by;
                forged.magnitudes.quotient[limb + 1] -= by * inverse;
                forged.carries = row.carries;
                forged.low.word = forged.magnitudes.quotient;
                assert!(refused(&forged), "{op:?} {executed:x?}");
            }
        }
    }
}

/// Results are words of small limbs, even where their sign would hide that a limb is not small.
#[test]
fn results_are_words() {
    // The remainder and the quotient are negative, and multiples of 2^32.
    let extra = [[-1_i64 << 32, 1 << 33], [-1 << 32, 1]].map(|pair| pair.map(|operand| operand as u64));
    let extra = extra.into_iter().filter_map(|pair| Some((Op::Ddiv, execute_with(Op::Ddiv, pair)?)));
    for (op, executed) in cases().chain(extra) {
        let row = DivideRow::new(&executed);
        for limb in 0..3 {
            for by in [Val::ONE, Val::NEG_ONE] {
                for flip in [false, true] {
                    let change = |result: &mut Extended<Val>| {
                        result.word[limb] += by * Val::from_u32(1 << 16);
                        result.word[limb + 1] -= by;
                        if flip {
                            result.sign = Val::ONE - result.sign;
                        }
                    };
                    let (mut high, mut low) = (row, row);
                    change(&mut high.high);
                    change(&mut low.low);
                    assert!(refused(&high) && refused(&low), "{op:?} {executed:x?}");
                }
            }
        }
    }
}

/// A remainder that is not less than the divisor is refused, wherever the row says that they differ.
#[test]
fn the_remainder_is_less_than_the_divisor() {
    let values = [Val::NEG_ONE, Val::ZERO, Val::ONE, Val::TWO];
    let choices = (0..256).map(|choice| [0, 2, 4, 6].map(|from| values[choice >> from & 3]));
    let choices: Vec<[Val; 4]> = choices.collect();
    let large = [[0x3_0000_0000, 0x1_0000_0000_u64], [0x5_0000, 0x1_0001], [u64::MAX, 1 << 48]];
    let large = large.into_iter().filter_map(|pair| Some((Op::Ddivu, execute_with(Op::Ddivu, pair)?)));
    for (op, executed) in cases().step_by(11).chain(large) {
        let right = Division::new(&executed);
        let too_large = right.remainder.wrapping_add(right.divisor);
        if right.quotient == 0 || too_large < right.divisor {
            continue;
        }
        let forgery = Division { quotient: right.quotient - 1, remainder: too_large, ..right };
        let mut forged = DivideRow::with(&executed, &forgery);
        for differs in &choices {
            forged.differs = *differs;
            let limbs = forged.magnitudes.divisor.into_iter().zip(forged.magnitudes.remainder);
            let difference: Val = limbs.zip(*differs).map(|((a, b), differs)| (a - b) * differs).sum();
            for distance in [difference - Val::ONE, Val::ZERO] {
                forged.distance = distance;
                assert!(refused(&forged), "{op:?} {executed:x?} {differs:?}");
            }
        }
    }
}

/// A carry that is not small does not change the remainder, even if the forged one is less than the divisor: -32512 times
/// 2^16 is 1 in the field.
#[test]
fn carries_do_not_change_the_remainder() {
    let carry = Val::from_i32(-32512);
    assert_eq!(carry * Val::from_u32(1 << 16), Val::ONE);
    for limb in 0..3 {
        let executed = execute_with(Op::Ddivu, [9, 1 << 63]).expect("it is provable");
        let right = Division::new(&executed);
        let remainder = 9 + (1 << (16 * limb)) + (32512 << (16 * (limb + 1)));
        let mut forged = DivideRow::with(&executed, &Division { remainder, ..right });
        forged.carries[limb] = carry;
        assert!(refused(&forged));
    }
}

/// A remainder as great as the divisor, with a limb of 2^16 instead of 1 in the next limb: limb by limb, it would be less.
#[test]
fn a_limb_of_a_remainder_is_not_too_large() {
    for limb in 0..3 {
        let divisor = 1_u64 << (16 * (limb + 1));
        let executed = execute_with(Op::Ddiv, [divisor.wrapping_neg(), divisor]).expect("it is provable");
        let division = Division { quotient: 0, remainder: divisor, ..Division::new(&executed) };
        let mut forged = DivideRow::with(&executed, &division);
        forged.magnitudes.remainder = [Val::ZERO; 4];
        forged.magnitudes.remainder[limb] = Val::from_u32(1 << 16);
        forged.carries[limb] = Val::ONE;
        forged.differs[limb + 1] = Val::ONE;
        forged.distance = Val::ZERO;
        assert!(refused_by_a_fixed_table(&forged));
    }
}

/// A remainder below 0, which a positive number would be if its dividend is negative: it is less than any divisor.
#[test]
fn a_limb_of_a_remainder_is_not_negative() {
    let executed = execute_with(Op::Ddiv, [u64::MAX << 48, 1 << 48]).expect("it is provable");
    let division = Division { quotient: 2, remainder: u64::MAX << 48, ..Division::new(&executed) };
    let mut forged = DivideRow::with(&executed, &division);
    assert_eq!(forged.high.word, word(1 << 48));
    forged.magnitudes.remainder[3] = Val::NEG_ONE;
    forged.distance = Val::ONE;
    assert!(refused_by_a_fixed_table(&forged));
}

/// All constraints hold, but a value is not in a fixed table.
fn refused_by_a_fixed_table(row: &DivideRow<Val>) -> bool {
    matches!(judge(AnyTable::Divide, row.cells()), Verdict::Refused(why) if why.starts_with("no row"))
}
