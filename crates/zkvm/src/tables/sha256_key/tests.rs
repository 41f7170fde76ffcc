//! What a row says follows from the digest and the length.

use super::Sha256KeyRow;
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
    trace::Preimage,
};
use core::array;
use p3_field::{Field, PrimeCharacteristicRing};

const TABLE: AnyTable = AnyTable::Sha256Key;

fn row() -> Sha256KeyRow<Val> {
    let region = Preimage { key: [4; 32], bytes: vec![5; 70_000] };
    let row = Sha256KeyRow::new(9, &region, array::from_fn(|byte| 3 * byte as u8 + 1));
    holds(TABLE, &row).unwrap();
    row
}

#[test]
fn it_is_real_or_not_and_not_about_region_0() {
    let mut forged = row();
    forged.real = Val::TWO;
    forged.inverse *= Val::TWO;
    refuses(TABLE, &forged, "breaks");
    let mut forged = row();
    forged.region = Val::ZERO;
    refuses(TABLE, &forged, "breaks");
}

#[test]
fn the_digest_is_made_of_bytes() {
    for pair in 0..16 {
        let mut forged = row();
        forged.digest[2 * pair] += Val::ONE;
        forged.digest[2 * pair + 1] -= Val::from_u16(1 << 8);
        refuses(TABLE, &forged, "byte");
    }
}

/// The length in bits is 8 times the length, with no limb that is another one modulo the order of the field.
#[test]
fn the_length_in_bits_has_one_form() {
    let part = Val::from_u16(1 << 13);
    for limb in 0..2 {
        for step in [Val::ONE, Val::NEG_ONE] {
            let mut forged = row();
            forged.length[limb][0] += step;
            refuses(TABLE, &forged, "breaks");
            forged.length[limb][1] -= step * part.inverse();
            refuses(TABLE, &forged, "range");
            let mut forged = row();
            forged.length[limb][1] += step;
            refuses(TABLE, &forged, "");
            forged.length[limb][0] -= step * part;
            refuses(TABLE, &forged, "range");
        }
    }
    let mut forged = row();
    forged.cells.length[1] += Val::from_u16(1 << 14);
    forged.length[1][1] += Val::TWO;
    refuses(TABLE, &forged, "range");
}
