//! A row is a permutation, and no cell of it can be changed.

use super::HashRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::tree::{is_permutation, mutate, said},
};
use p3_field::PrimeCharacteristicRing;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn each_cell_of_a_row_counts(input in any::<[u32; 16]>()) {
        let row = HashRow::new(input.map(|element| Val::from_u64(element.into())), 3);
        let said = said(AnyTable::Hash, row.cells()).expect("the row is right");
        prop_assert!(is_permutation(&said[0].1));
        mutate(AnyTable::Hash, row.cells(), |said| {
            let right = said.iter().all(|(_, fields, _)| is_permutation(fields));
            right.then_some(()).ok_or_else(|| "not a permutation".to_owned())
        })?;
    }
}
