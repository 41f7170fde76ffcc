//! All bytes that a row takes are in its word, and nothing else is.

use super::StreamRow;
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
};
use p3_field::PrimeCharacteristicRing;

const TABLE: AnyTable = AnyTable::Stream;

#[test]
fn a_word_has_the_bytes_that_are_taken() {
    let bytes: Vec<u8> = (1..=13).collect();
    let row = StreamRow::all(&bytes).last().unwrap();
    holds(TABLE, &row).unwrap();
    for byte in 5..8 {
        let mut forged = row;
        forged.bytes[byte] = Val::ONE;
        refuses(TABLE, &forged, "breaks");
    }
    for byte in 0..8 {
        let mut forged = row;
        forged.given[byte] = Val::TWO;
        refuses(TABLE, &forged, "breaks");
        // A row that is not real takes no byte, which then would not be hashed.
        let mut forged = StreamRow { real: Val::ZERO, given: [Val::ZERO; 8], bytes: [Val::ZERO; 8], ..row };
        holds(TABLE, &forged).unwrap();
        forged.given[byte] = Val::ONE;
        refuses(TABLE, &forged, "breaks");
    }
    let forged = StreamRow { real: Val::TWO, ..row };
    refuses(TABLE, &forged, "breaks");
}
