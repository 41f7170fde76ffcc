//! What a row takes of a region and gives to the stream follows from how many bytes there are.

use super::ValueRow;
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
};
use p3_field::PrimeCharacteristicRing;

const TABLE: AnyTable = AnyTable::Value;

/// The row of the last word of so many bytes.
fn row(length: usize, local: bool) -> ValueRow<Val> {
    let bytes: Vec<u8> = (1..=length as u8).collect();
    let row = ValueRow::all(4, &bytes, local, 48).last().unwrap();
    holds(TABLE, &row).unwrap();
    row
}

#[test]
fn bytes_are_given_from_the_first_one_on() {
    for length in 1..=8 {
        for local in [false, true] {
            for byte in 0..8 {
                let mut forged = row(length, local);
                forged.given[byte] = Val::ONE - forged.given[byte];
                forged.streamed[byte] = if local { forged.given[byte] } else { Val::ZERO };
                if forged.given[byte] == Val::ZERO {
                    forged.bytes[byte] = Val::ZERO;
                    forged.both[byte / 2] = Val::ZERO;
                }
                // A whole word may have more after it, so then the next row would be wrong.
                if length != 7 || byte != 7 {
                    refuses(TABLE, &forged, "breaks");
                }
                // With the rest that it says, it is another word: but only if no byte is left out.
                forged.rest = forged.given.into_iter().sum();
                let given = forged.given.map(|flag| flag == Val::ONE);
                let first = given[0] && given.is_sorted_by(|one, other| one >= other);
                assert_eq!(holds(TABLE, &forged).is_ok(), first);
            }
        }
    }
}

#[test]
fn flags_are_bits() {
    for byte in 0..8 {
        let mut forged = row(8, true);
        forged.given[byte] = Val::TWO;
        forged.streamed[byte] = Val::TWO;
        forged.rest = Val::from_u8(9);
        refuses(TABLE, &forged, "breaks");
    }
    // The bytes would be three, and one of them sent twice.
    let mut forged = row(1, true);
    (forged.given[1], forged.streamed[1], forged.rest) = (Val::TWO, Val::TWO, Val::from_u8(3));
    refuses(TABLE, &forged, "breaks");
    for local in [Val::TWO, Val::NEG_ONE] {
        let mut forged = row(8, true);
        forged.local = local;
        forged.streamed = [local; 8];
        refuses(TABLE, &forged, "breaks");
    }
    let mut forged = row(8, true);
    forged.real = Val::TWO;
    refuses(TABLE, &forged, "breaks");
    // A row that is not real takes and gives nothing.
    let mut forged = row(8, true);
    forged.real = Val::ZERO;
    refuses(TABLE, &forged, "breaks");
}

/// Each byte of a local key is hashed, and none of an advice.
#[test]
fn local_bytes_are_streamed() {
    for local in [false, true] {
        for byte in 0..8 {
            let mut forged = row(8, local);
            forged.streamed[byte] = Val::from_bool(!local);
            refuses(TABLE, &forged, "breaks");
        }
    }
}

#[test]
fn nothing_follows_the_bytes() {
    for byte in 3..8 {
        let mut forged = row(3, true);
        // The byte before it may be 3.
        forged.bytes[byte] = Val::from_u8(2);
        forged.both[byte / 2] = Val::from_u8(if byte == 3 { 3 & 2 } else { 0 });
        refuses(TABLE, &forged, "breaks");
    }
}

/// A word of fewer than eight bytes is the last one.
#[test]
fn the_rest_is_what_is_given() {
    for length in 1..8 {
        let mut forged = row(length, false);
        forged.rest += Val::from_u8(8);
        refuses(TABLE, &forged, "breaks");
    }
}

#[test]
fn bytes_are_bytes() {
    for pair in 0..4 {
        let mut forged = row(8, true);
        forged.bytes[2 * pair] += Val::ONE;
        forged.bytes[2 * pair + 1] -= Val::from_u16(1 << 8);
        refuses(TABLE, &forged, "byte");
    }
}
