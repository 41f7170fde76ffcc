//! The region follows from the key.

use super::AdviceKeyRow;
use crate::{
    air::AnyTable,
    stark::Val,
    tables::ADVICE,
    testing::{holds, refuses},
    trace::Preimage,
};
use p3_field::PrimeCharacteristicRing;

const TABLE: AnyTable = AnyTable::AdviceKey;

#[test]
fn an_index_has_one_form() {
    let region = Preimage { key: [3; 32], bytes: vec![1; 9] };
    for index in [0, 1, 0xffff, 0x1_0000, 0xfff_ffff] {
        holds(TABLE, &AdviceKeyRow::new(ADVICE + index, &region)).unwrap();
    }
    let honest = AdviceKeyRow::new(ADVICE + 0x1_0005, &region);
    let mut forged = honest;
    forged.index = [0x1_0005, 0].map(Val::from_u32);
    refuses(TABLE, &forged, "range");
    forged.index = [5 + 0x2_0000, 0].map(Val::from_u32);
    refuses(TABLE, &forged, "range");
    forged.index = [5, 1 << 12].map(Val::from_u32);
    refuses(TABLE, &forged, "range");
    let mut forged = honest;
    forged.real = Val::TWO;
    refuses(TABLE, &forged, "breaks");
    for (limb, value) in [(0, 1 << 16), (1, 1 << 14)] {
        let mut forged = honest;
        forged.cells.length[limb] = Val::from_u32(value);
        refuses(TABLE, &forged, "range");
    }
}
