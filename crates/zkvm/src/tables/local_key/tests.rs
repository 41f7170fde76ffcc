//! What a row says follows from the key and the one before it.

use super::LocalKeyRow;
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
    trace::Preimage,
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

const TABLE: AnyTable = AnyTable::LocalKey;

/// A key with these limbs at the end.
fn key(limbs: [u16; 3]) -> [u8; 32] {
    let mut key = [0; 32];
    key[0] = 1;
    for (place, limb) in limbs.into_iter().enumerate() {
        key[26 + 2 * place..][..2].copy_from_slice(&limb.to_be_bytes());
    }
    key
}

fn row_of(previous: [u16; 3], limbs: [u16; 3]) -> LocalKeyRow<Val> {
    let region = Preimage { key: key(limbs), bytes: vec![5; 70_000] };
    LocalKeyRow::new(3, 500, &key(previous), &region)
}

fn row() -> LocalKeyRow<Val> {
    let row = row_of([1, 2, 3], [1, 3, 1]);
    holds(TABLE, &row).unwrap();
    row
}

#[test]
fn keys_increase() {
    for (previous, limbs) in [
        ([0, 0, 0], [0, 0, 1]),
        ([0, 0, 0xffff], [0, 1, 0]),
        ([0, 5, 0], [0, 0xffff, 0]),
        ([0, 0xffff, 0xffff], [1, 0, 0]),
        ([0x7fff, 0, 0], [0x8000, 0, 0]),
    ] {
        holds(TABLE, &row_of(previous, limbs)).unwrap();
        refuses(TABLE, &row_of(limbs, previous), "range");
        refuses(TABLE, &row_of(limbs, limbs), "range");
        // With each limb as the first one that differs, or none.
        for (previous, limbs) in [(limbs, previous), (limbs, limbs)] {
            for place in 0..=16 {
                let mut forged = row_of(previous, limbs);
                forged.differs = array::from_fn(|other| Val::from_bool(other == place));
                let by = |forged: &LocalKeyRow<Val>, place: usize| {
                    let limb = forged.key[2 * place] * Val::from_u16(1 << 8) + forged.key[2 * place + 1];
                    limb - forged.previous[place]
                };
                forged.by = if place < 16 { by(&forged, place) } else { Val::ONE };
                refuses(TABLE, &forged, "");
                forged.by = Val::ONE;
                refuses(TABLE, &forged, "");
            }
        }
    }
}

/// A limb that is lower, and another one that makes up for it.
#[test]
fn one_limb_is_the_first_that_differs() {
    let mut forged = row_of([1, 3, 1], [1, 2, 3]);
    forged.differs = [Val::ZERO; 16];
    (forged.differs[14], forged.differs[15]) = (Val::NEG_ONE, Val::TWO);
    forged.by = Val::ONE + Val::from_u8(4);
    refuses(TABLE, &forged, "breaks");
    (forged.differs[14], forged.differs[15]) = (Val::ONE, Val::ONE);
    forged.by = Val::ONE;
    refuses(TABLE, &forged, "breaks");
    // In no row at all.
    let mut row = row();
    row.real = Val::ZERO;
    refuses(TABLE, &row, "breaks");
    row.real = Val::TWO;
    refuses(TABLE, &row, "breaks");
}

#[test]
fn the_key_is_made_of_bytes() {
    for pair in 0..16 {
        let mut row = row();
        row.key[2 * pair] += Val::ONE;
        row.key[2 * pair + 1] -= Val::from_u16(1 << 8);
        refuses(TABLE, &row, if pair == 0 { "breaks" } else { "byte" });
    }
    let mut row = row();
    row.key[0] = Val::TWO;
    row.by += Val::from_u16(1 << 8);
    refuses(TABLE, &row, "breaks");
}

#[test]
fn the_length_is_that_of_the_region() {
    for pair in 0..2 {
        let mut forged = row();
        forged.length[2 * pair + 1] += Val::ONE;
        refuses(TABLE, &forged, "breaks");
        let mut forged = row();
        forged.length[2 * pair] += Val::ONE;
        forged.length[2 * pair + 1] -= Val::from_u16(1 << 8);
        refuses(TABLE, &forged, "byte");
        let mut forged = row();
        forged.length[2 * pair] -= Val::from_u16(1 << 8).inverse();
        forged.length[2 * pair + 1] += Val::ONE;
        refuses(TABLE, &forged, "byte");
    }
}

/// What is above the second byte would be another type in the words of the region.
#[test]
fn the_type_is_in_no_other_byte() {
    let mut forged = row();
    forged.key[1] += Val::from_u16(1 << 8);
    forged.previous[0] += Val::from_u16(1 << 8);
    refuses(TABLE, &forged, "byte");
}

#[test]
fn the_length_is_small() {
    let mut forged = row();
    forged.cells.length[1] = Val::from_u16(1 << 14);
    (forged.length[0], forged.length[1]) = (Val::from_u8(1 << 6), Val::ZERO);
    refuses(TABLE, &forged, "range");
}
