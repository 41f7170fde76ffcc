//! Rows are right, and nothing but the product of its factors can be said by one.

use super::ProductRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, judge, mutate, value},
};
use core::{array, iter, mem};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// A row says the product of these factors.
fn check(factors: [u64; 2]) -> TestCaseResult {
    let verdict = judge(AnyTable::Product, ProductRow::new(factors, 3).cells());
    prop_assert!(matches!(&verdict, Verdict::Right(said) if said.len() == 1), "{verdict:x?}");
    Ok(())
}

/// Rows that keep all equations, but only modulo the order of the field: a limb is wrong, and the carry out of it and the
/// next limb make up for it. 2^16 times 32512 is -1 in the field, so even these are small.
fn around_the_field(row: &ProductRow<Val>) -> impl Iterator<Item = ProductRow<Val>> {
    let carry = Val::from_u32(1 << 16).inverse();
    let changes = (0..7).flat_map(|limb| [Val::ONE, Val::NEG_ONE, Val::TWO].map(|by| (limb, by)));
    changes.map(move |(limb, by)| {
        let mut forged = *row;
        let limbs = forged.product.as_flattened_mut();
        limbs[limb] += by;
        limbs[limb + 1] -= by * carry;
        forged.carries[limb] -= by * carry;
        forged
    })
}

/// All constraints hold, but a value is not in a fixed table.
fn refused_by_a_fixed_table(row: &ProductRow<Val>) -> bool {
    matches!(judge(AnyTable::Product, row.cells()), Verdict::Refused(why) if why.starts_with("no row"))
}

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(a in value(), b in value()) {
        check([a, b])?;
        mutate(AnyTable::Product, ProductRow::new([a, b], 1).cells())?;
    }

    /// A limb that is too great is not made up for by the carry out of it and the next limb.
    #[test]
    fn limbs_are_small(a in value(), b in value()) {
        let row = ProductRow::new([a, b], 3);
        for limb in 0..7 {
            let mut forged = row;
            let limbs = forged.product.as_flattened_mut();
            limbs[limb] += Val::from_u32(1 << 16);
            limbs[limb + 1] -= Val::ONE;
            forged.carries[limb] -= Val::ONE;
            prop_assert!(refused_by_a_fixed_table(&forged));
        }
    }

    /// A carry that makes up for a wrong limb is not small.
    #[test]
    fn a_product_does_not_wrap_around_the_field(a in value(), b in value()) {
        for forged in around_the_field(&ProductRow::new([a, b], 3)) {
            prop_assert!(refused_by_a_fixed_table(&forged));
        }
    }
}

#[test]
fn a_row_of_each_pair_of_edges_is_right() {
    let powers = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, u64::MAX << bit]);
    let edges: Vec<u64> = powers.chain(iter::once(u64::MAX)).collect();
    for &a in &edges {
        for &b in &edges {
            check([a, b]).expect("the row is right");
        }
    }
}

/// The greatest sums that a row can have stay below the order of the field, on both sides of the equation.
#[test]
fn the_sums_of_a_row_stay_below_the_order_of_the_field() {
    let place = |place: u32| (0..8).filter(|i| (*i..i + 8).contains(&place)).count() as u32 * 255 * 255;
    let greatest = (0..8).map(|limb| place(2 * limb) + (place(2 * limb + 1) << 8) + (1 << 11)).max();
    assert!(greatest < Some(1 << 28));
    const { assert!((1 << 16) + (1 << (16 + 11)) < Val::ORDER_U32) }
}

#[test]
fn a_row_that_is_not_real_is_not_used() {
    let mut row = ProductRow::new([0, 0], 0);
    row.real = Val::ZERO;
    assert_eq!(judge(AnyTable::Product, row.cells()), Verdict::Right(Vec::new()));
    row.uses = Val::ONE;
    assert!(matches!(judge(AnyTable::Product, row.cells()), Verdict::Refused(_)));
}

#[test]
fn no_cell_of_an_empty_row_counts() {
    let row = [Val::ZERO; <ProductRow<Val> as Row<Val>>::WIDTH];
    mutate(AnyTable::Product, &row).expect("no row says something false");
}

/// If a byte could be a limb, 65535 times 32513 would be 33022, for the product is so much more than the order of the field.
#[test]
fn factors_are_made_of_bytes() {
    let rest = 65535 * 32513 - u64::from(Val::ORDER_U32);
    for limb in 0..4 {
        for swap in [false, true] {
            let mut forged = ProductRow::new([0, 0], 1);
            let word =
                |low: u16| array::from_fn(|byte| Val::from_u16(if byte == 2 * limb { low } else { 0 }));
            forged.a = ProductRow::new([u16::MAX.into(), 0], 1).a;
            forged.b.bytes = word(32513);
            if swap {
                mem::swap(&mut forged.a, &mut forged.b);
            }
            forged.product[0][limb] = Val::from_u64(rest);
            assert!(refused_by_a_fixed_table(&forged));
        }
    }
}
