//! A leaf has one place and one digest.

use super::OracleWriteRow;
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
};
use p3_field::{Field, PrimeCharacteristicRing};

const TABLE: AnyTable = AnyTable::OracleWrite;

#[test]
fn a_leaf_has_one_place_and_one_digest() {
    let row = OracleWriteRow::new(3, (5 << 14) + 7, [1, 2, u64::MAX, u64::MAX]);
    holds(TABLE, &row).unwrap();
    let part = Val::from_u16(1 << 14);
    for step in [Val::ONE, Val::NEG_ONE] {
        let mut forged = row;
        forged.leaf.place[0] += step * part;
        forged.leaf.place[1] -= step;
        refuses(TABLE, &forged, "range");
        let mut forged = row;
        forged.leaf.place[0] += step;
        forged.leaf.place[1] -= step * part.inverse();
        refuses(TABLE, &forged, "range");
    }
    // The number of a word would be beyond 2^30.
    let mut forged = row;
    forged.leaf.place[1] = part;
    refuses(TABLE, &forged, "range");
    for cell in 0..8 {
        let mut forged = row;
        forged.leaf.permuted[cell] += Val::ONE;
        refuses(TABLE, &forged, "hash");
    }
    let mut forged = row;
    forged.leaf.limbs[15] += Val::ONE;
    refuses(TABLE, &forged, "hash");
    for real in [Val::TWO, Val::NEG_ONE] {
        refuses(TABLE, &OracleWriteRow { real, ..row }, "breaks");
    }
}
