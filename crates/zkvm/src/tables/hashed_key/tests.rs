//! What a row says follows from the digest and the length.

use super::HashedKeyRow;
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
    trace::Preimage,
};
use p3_field::{Field, PrimeCharacteristicRing};

const TABLE: AnyTable = AnyTable::HashedKey;

fn row() -> HashedKeyRow<Val> {
    let region = Preimage { key: [2; 32], bytes: vec![5; 70_000] };
    let row = HashedKeyRow::new(9, &region, core::array::from_fn(|byte| 3 * byte as u8 + 1));
    holds(TABLE, &row).unwrap();
    row
}

#[test]
fn it_is_real_or_not() {
    let mut row = row();
    row.real = Val::TWO;
    row.inverse *= Val::TWO;
    refuses(TABLE, &row, "breaks");
}

#[test]
fn region_0_has_no_row() {
    let mut row = row();
    row.region = Val::ZERO;
    refuses(TABLE, &row, "breaks");
}

/// Two bytes of the digest with another key: each pair has one sum in the digest, and one in the key.
#[test]
fn the_digest_is_made_of_bytes() {
    for pair in 0..16 {
        for step in [Val::ONE, Val::NEG_ONE] {
            let mut forged = row();
            forged.digest[2 * pair] += step * Val::from_u16(1 << 8);
            forged.digest[2 * pair + 1] -= step;
            refuses(TABLE, &forged, "byte");
            let mut forged = row();
            forged.digest[2 * pair] += step;
            forged.digest[2 * pair + 1] -= step * Val::from_u16(1 << 8).inverse();
            refuses(TABLE, &forged, "byte");
        }
    }
}

#[test]
fn the_length_is_small() {
    for (limb, value) in [(0, 1 << 16), (1, 1 << 14)] {
        let mut row = row();
        row.cells.length[limb] = Val::from_u32(value);
        refuses(TABLE, &row, "range");
    }
}

/// A row that is not real takes no word, and in particular not four zeros that no region needs.
#[test]
fn the_zeros_are_those_of_a_region() {
    for zeros in [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]] {
        let mut forged = row();
        forged.cells.zeros = zeros.map(Val::from_u32);
        forged.real = Val::ZERO;
        forged.region = Val::ZERO;
        refuses(TABLE, &forged, "breaks");
    }
    for zeros in [[0, 1, 0], [0, 0, 1], [1, 0, 1], [2, 0, 0], [1, 2, 0], [1, 1, 2]] {
        let mut forged = row();
        forged.cells.zeros = zeros.map(Val::from_u32);
        refuses(TABLE, &forged, "breaks");
    }
}
