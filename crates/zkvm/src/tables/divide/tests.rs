//! Rows of random instructions are right, no cell of them can be changed, and no row says another result.

use super::{DivideRow, trace::Division};
use crate::{
    air::AnyTable,
    row::Row,
    testing::{Verdict, check_and_mutate, edges, execute_with, instruction, judge},
    trace::Executed,
};
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
