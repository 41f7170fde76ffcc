//! Rows of random instructions are right, no cell of them can be changed, and no row says another result.

use super::{MultiplyRow, trace::carries};
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    tables::signs::Extended,
    testing::{Verdict, check_and_mutate, edges, execute_with, instruction, judge, window},
    trace::{Executed, Tables},
    word::word,
};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use tribunal_mips::Op;

const OPS: [Op; 5] = [Op::Mul, Op::Mult, Op::Multu, Op::Dmult, Op::Dmultu];

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(case in instruction(&OPS)) {
        check_and_mutate(AnyTable::Multiply, &case)?;
    }
}

/// Each operation with each pair of edges as operands.
fn cases() -> impl Iterator<Item = (Op, Executed)> {
    let edges = edges();
    let pairs: Vec<[u64; 2]> = edges.iter().flat_map(|&a| edges.iter().map(move |&b| [a, b])).collect();
    OPS.into_iter().flat_map(move |op| {
        let executed = pairs.clone().into_iter().map(move |pair| execute_with(op, pair));
        executed.map(move |executed| (op, executed.expect("it is provable")))
    })
}

fn refused(row: &MultiplyRow<Val>) -> bool {
    matches!(judge(AnyTable::Multiply, row.cells()), Verdict::Refused(_))
}

#[test]
fn a_row_of_each_pair_of_edges_is_right() {
    for (op, executed) in cases() {
        let verdict = judge(AnyTable::Multiply, MultiplyRow::new(&executed).cells());
        assert!(matches!(verdict, Verdict::Right(_)), "{op:?} {executed:x?}: {verdict:x?}");
    }
}

/// The row if the signs of the operands were these, with everything that follows from them.
fn with_signs(executed: &Executed, row: &MultiplyRow<Val>, wide: bool, signs: [bool; 2]) -> MultiplyRow<Val> {
    let operands = [executed.rs.value, executed.rt.value];
    let [a, b] = operands.map(|operand| if wide { operand } else { u64::from(operand as u32) });
    let product = u128::from(a) * u128::from(b);
    let unsigned = if wide { (product >> 64) as u64 } else { (product >> 32) as u64 };
    let less = |negative: bool, operand: u64| if negative { operand } else { 0 };
    let high = unsigned.wrapping_sub(less(signs[0], b)).wrapping_sub(less(signs[1], a));
    let high = if wide { high } else { i64::from(high as i32) as u64 };
    let mut forged = *row;
    forged.high = Extended::new(high, !wide);
    forged.carries = carries(high, [a, b], signs, wide);
    for (sign, negative) in forged.signs.iter_mut().zip(signs) {
        sign.negative = Val::from_bool(negative);
    }
    forged
}

#[test]
fn the_signs_are_those_of_the_operands() {
    for (op, executed) in cases() {
        if op == Op::Mul {
            continue;
        }
        let row = MultiplyRow::new(&executed);
        let wide = matches!(op, Op::Dmult | Op::Dmultu);
        for signs in [[false, false], [false, true], [true, false], [true, true]] {
            let forged = with_signs(&executed, &row, wide, signs);
            let same = forged.cells() == row.cells();
            assert_eq!(refused(&forged), !same, "{op:?} {executed:x?} {signs:?}");
        }
    }
}

#[test]
fn results_have_their_own_sign() {
    for (op, executed) in cases() {
        let row = MultiplyRow::new(&executed);
        let mut low = row;
        low.low_sign = Val::ONE - row.low_sign;
        low.low_upper = [low.low_sign * Val::from_u16(u16::MAX); 2];
        let mut high = row;
        high.high.sign = Val::ONE - row.high.sign;
        high.high.word[2] = high.high.sign * Val::from_u16(u16::MAX);
        high.high.word[3] = high.high.word[2];
        assert!(refused(&low) && refused(&high), "{op:?} {executed:x?}");
    }
}

/// A wrong limb for which the carry out of it and the next limb make up, modulo the order of the field.
#[test]
fn limbs_and_carries_are_small() {
    let inverse = Val::from_u32(1 << 16).inverse();
    let changes = [Val::ONE, Val::NEG_ONE, Val::from_u32(1 << 16), Val::NEG_ONE * Val::from_u32(1 << 16)];
    for (op, executed) in cases().filter(|(op, _)| *op != Op::Mul) {
        let row = MultiplyRow::new(&executed);
        let last = if matches!(op, Op::Dmult | Op::Dmultu) { 3 } else { 1 };
        for limb in 0..=last {
            for by in changes {
                let mut forged = row;
                forged.high.word[limb] += by;
                forged.carries[limb] += by * inverse;
                if limb < last {
                    forged.high.word[limb + 1] -= by * inverse;
                }
                assert!(refused(&forged), "{op:?} {executed:x?}");
            }
        }
    }
}

/// Without its sign, a limb of 1 would be 0, if the sign could be 2^-15. That is -65024, so it would make other words of
/// small limbs.
#[test]
fn signs_are_bits() {
    let sign = Val::from_u32(1 << 15).inverse();
    assert_eq!(sign, Val::from_i32(-65024));
    let upper = sign * Val::from_u16(u16::MAX);
    assert_eq!(upper, Val::from_u16(65026));

    for (op, negative) in [(Op::Dmult, 1 << 48), (Op::Mult, 1 << 16)] {
        for operand in 0..2 {
            let operands = if operand == 0 { [negative, 1] } else { [1, negative] };
            let mut forged = MultiplyRow::new(&execute_with(op, operands).expect("it is provable"));
            assert!(!refused(&forged));
            forged.signs[operand].negative = sign;
            forged.high.word[0] -= sign;
            assert!(refused(&forged), "{op:?}");
        }
    }
    for op in [Op::Mul, Op::Mult, Op::Multu] {
        let mut forged = MultiplyRow::new(&execute_with(op, [1 << 16, 1]).expect("it is provable"));
        forged.low_sign = sign;
        forged.low_upper = [upper; 2];
        assert!(refused(&forged), "{op:?}");
    }
    for op in [Op::Mult, Op::Multu] {
        let mut forged = MultiplyRow::new(&execute_with(op, [1 << 24, 1 << 24]).expect("it is provable"));
        assert_eq!(forged.high.word[1], Val::ONE);
        forged.high.sign = sign;
        forged.high.word[2] = upper;
        forged.high.word[3] = upper;
        assert!(refused(&forged), "{op:?}");
    }
}

/// Each product has one row, and is sent as often as it is received.
#[test]
fn products_are_collected() {
    let mut tables = Tables::default();
    for operands in [[3, 5], [u64::MAX, 7], [3, 5], [5, 3]] {
        for op in [Op::Dmultu, Op::Mul] {
            assert!(tables.push(&execute_with(op, operands).expect("it is provable")));
        }
    }
    let tables = tables.finish(&window());
    let products = &tables[AnyTable::Product as usize];
    let mut counted: Vec<(u32, Verdict)> = Vec::new();
    for row in products.row_slices().filter(|row| row[0] == Val::ONE) {
        counted.push((row[1].as_canonical_u32(), judge(AnyTable::Product, row)));
    }
    let expected = [(4, [3, 5]), (2, [5, 3]), (1, [0xffff_ffff, 7]), (1, [u64::MAX, 7])];
    let expected = expected.map(|(uses, [a, b]): (_, [u64; 2])| {
        let product = u128::from(a) * u128::from(b);
        let words = [a, b, product as u64, (product >> 64) as u64].map(word);
        let fields = words.as_flattened().iter().map(Val::as_canonical_u32).collect();
        (uses, Verdict::Right(vec![("product".to_owned(), fields)]))
    });
    assert_eq!(counted, expected);
}
