//! Rows are right, and nothing but the product of its factors can be said by one.

use super::ProductRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{Verdict, judge, mutate, value},
};
use core::iter;
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

proptest! {
    #[test]
    fn each_cell_of_a_row_counts(a in value(), b in value()) {
        check([a, b])?;
        mutate(AnyTable::Product, ProductRow::new([a, b], 3).cells())?;
    }

    /// A carry that makes up for a wrong limb is not small.
    #[test]
    fn a_product_does_not_wrap_around_the_field(a in value(), b in value()) {
        for forged in around_the_field(&ProductRow::new([a, b], 3)) {
            let verdict = judge(AnyTable::Product, forged.cells());
            let by_a_fixed_table = matches!(&verdict, Verdict::Refused(why) if why.starts_with("no row"));
            prop_assert!(by_a_fixed_table, "{verdict:x?}");
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
    assert!((1 << 16) + (1 << (16 + 11)) < Val::ORDER_U32);
}

#[test]
fn a_row_that_is_not_real_is_not_used() {
    let mut row = ProductRow::new([0, 0], 0);
    row.real = Val::ZERO;
    assert_eq!(judge(AnyTable::Product, row.cells()), Verdict::Right(Vec::new()));
    row.uses = Val::ONE;
    assert!(matches!(judge(AnyTable::Product, row.cells()), Verdict::Refused(_)));
}
