//! What a row hashes follows from the bytes and how many there are.

use super::{SHA256_BLOCK, Sha256BlockRow};
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
};
use p3_field::PrimeCharacteristicRing;

const TABLE: AnyTable = AnyTable::Sha256Block;

/// Why a row is refused whose compression is not right.
const COMPRESSION: &str = "bus: \"sha256\"";

/// The row of the last block of so many bytes.
fn row(length: usize) -> Sha256BlockRow<Val> {
    let bytes: Vec<u8> = (0..length).map(|byte| byte as u8 | 1).collect();
    let (row, _) = *Sha256BlockRow::hash(4, &bytes).0.last().unwrap();
    holds(TABLE, &row).unwrap();
    row
}

#[test]
fn a_row_that_is_not_real_takes_nothing() {
    let empty = Sha256BlockRow { real: Val::ZERO, open: Val::ZERO, ending: [Val::ZERO; 3], ..row(0) };
    holds(TABLE, &empty).unwrap();
    refuses(TABLE, &Sha256BlockRow { open: Val::ONE, ..empty }, "breaks");
    for byte in 0..SHA256_BLOCK {
        for open in [Val::ZERO, Val::ONE] {
            let mut forged = Sha256BlockRow { open, ..empty };
            forged.given[..=byte].fill(Val::ONE);
            refuses(TABLE, &forged, "breaks");
        }
    }
    refuses(TABLE, &Sha256BlockRow { real: Val::TWO, ..row(5) }, "breaks");
}

/// The byte 0x80 is there once: neither twice nor never.
#[test]
fn the_padding_begins_once() {
    // In the block after 0x80 there are no bytes and no other 0x80.
    let closed = row(60);
    assert_eq!(closed.open, Val::ZERO);
    refuses(TABLE, &Sha256BlockRow { open: Val::ONE, ..closed }, COMPRESSION);
    for byte in 0..SHA256_BLOCK {
        let mut forged = closed;
        forged.given[byte] = Val::ONE;
        forged.rest = Val::ONE;
        refuses(TABLE, &forged, "breaks");
    }
    refuses(TABLE, &Sha256BlockRow { open: Val::ZERO, ..row(0) }, COMPRESSION);
    refuses(TABLE, &Sha256BlockRow { open: Val::ZERO, ..row(5) }, "breaks");
    refuses(TABLE, &Sha256BlockRow { open: Val::TWO, ..row(5) }, "breaks");
}

#[test]
fn flags_are_bits() {
    for byte in 0..SHA256_BLOCK {
        let mut forged = row(30);
        forged.given[byte] += Val::TWO;
        forged.rest = forged.given.into_iter().sum();
        refuses(TABLE, &forged, "breaks");
    }
}

#[test]
fn what_follows_the_bytes_is_the_padding() {
    for byte in 30..SHA256_BLOCK {
        let mut forged = row(30);
        forged.bytes[byte] = Val::ONE;
        refuses(TABLE, &forged, "");
        forged.both[byte / 2] = if byte % 2 == 1 { forged.bytes[byte - 1] } else { Val::ZERO };
        refuses(TABLE, &forged, "breaks");
    }
    for length in [0, 30, 55, 60] {
        let mut forged = row(length);
        forged.rest += Val::ONE;
        refuses(TABLE, &forged, "breaks");
        for limb in 0..3 {
            let mut forged = row(length);
            forged.bits[limb] += Val::ONE;
            refuses(TABLE, &forged, "breaks");
            forged.ending[limb] += Val::ONE;
            refuses(TABLE, &forged, COMPRESSION);
        }
    }
}

#[test]
fn bytes_are_bytes() {
    for pair in 0..SHA256_BLOCK / 2 {
        let bytes = [7; SHA256_BLOCK];
        let mut forged = Sha256BlockRow::hash(4, &bytes).0[0].0;
        forged.bytes[2 * pair] += Val::ONE;
        forged.bytes[2 * pair + 1] -= Val::from_u16(1 << 8);
        refuses(TABLE, &forged, "byte");
    }
    let mut forged = row(60);
    forged.after[15] += Val::ONE;
    refuses(TABLE, &forged, COMPRESSION);
}
