//! What a row absorbs follows from the bytes and how many there are.

use super::{AbsorbRow, BLOCK};
use crate::{
    air::AnyTable,
    stark::Val,
    testing::{holds, refuses},
};
use p3_field::PrimeCharacteristicRing;

const TABLE: AnyTable = AnyTable::Absorb;

/// The row of the last block of so many bytes.
fn row(length: usize) -> AbsorbRow<Val> {
    let bytes: Vec<u8> = (0..length).map(|byte| byte as u8 | 1).collect();
    let row = *AbsorbRow::hash(4, &bytes).0.last().unwrap();
    holds(TABLE, &row).unwrap();
    row
}

#[test]
fn a_row_that_is_not_real_takes_nothing() {
    for length in [1, 135, 136 + 5] {
        let mut forged = row(length);
        forged.real = Val::ZERO;
        refuses(TABLE, &forged, "breaks");
    }
    let mut forged = AbsorbRow { real: Val::ZERO, ..row(0) };
    forged.rest = Val::ZERO;
    holds(TABLE, &forged).unwrap();
    for byte in 0..BLOCK {
        let mut one = forged;
        one.given[byte] = Val::ONE;
        refuses(TABLE, &one, "breaks");
    }
    let forged = AbsorbRow { real: Val::TWO, ..row(7) };
    refuses(TABLE, &forged, "breaks");
}

/// A flag that is not a bit, with another one that makes up for it.
#[test]
fn flags_are_bits() {
    for byte in 0..BLOCK {
        let mut forged = row(60);
        forged.given[byte] += Val::from_u8(2);
        forged.rest = forged.given.into_iter().sum();
        refuses(TABLE, &forged, "breaks");
        let other = (byte + 1) % BLOCK;
        forged.given[other] -= Val::from_u8(2);
        forged.rest = forged.given.into_iter().sum();
        refuses(TABLE, &forged, "breaks");
    }
}

/// A byte of the padding that is not 0, with the state and the permutation that fit.
#[test]
fn the_padding_has_no_other_bytes() {
    for byte in 60..BLOCK {
        let mut forged = row(60);
        forged.bytes[byte] = Val::ONE;
        refuses(TABLE, &forged, "breaks");
    }
}

#[test]
fn the_last_block_has_the_rest() {
    for length in [0, 60, 135, 136] {
        for rest in [Val::ONE, Val::NEG_ONE, Val::from_usize(BLOCK)] {
            let mut forged = row(length);
            forged.rest += rest;
            refuses(TABLE, &forged, "breaks");
        }
    }
}

/// A byte of the block or the state is not another number that makes the same limbs.
#[test]
fn bytes_are_bytes() {
    for pair in 0..BLOCK / 2 {
        let mut forged = row(136 + 100);
        forged.state[2 * pair] += Val::from_u16(1 << 8);
        forged.state[2 * pair + 1] -= Val::ONE;
        refuses(TABLE, &forged, "byte");
        let mut forged = row(136 + 100);
        forged.both[2 * pair] += Val::from_u16(1 << 8);
        forged.both[2 * pair + 1] -= Val::ONE;
        refuses(TABLE, &forged, "byte");
        if 2 * pair < 100 {
            let mut forged = row(136 + 100);
            forged.bytes[2 * pair] -= Val::ONE;
            forged.bytes[2 * pair + 1] += Val::from_u16(1 << 8);
            refuses(TABLE, &forged, "byte");
        }
    }
    // Nor is the permutation another one.
    let mut forged = row(60);
    forged.after[99] += Val::ONE;
    refuses(TABLE, &forged, "keccak");
}
