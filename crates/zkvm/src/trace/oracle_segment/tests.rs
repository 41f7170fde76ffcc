//! Segments are right, and forged ones are refused.

use super::{RecordedOracle, Segment, record_oracle};
use crate::{
    air::AnyTable,
    hash::empty_space,
    oracle::OracleKind,
    row::Row,
    stark::Val,
    tables::{ADVICE, HashedKeyRow, OracleWriteRow, Sha256BlockRow},
    testing::balance,
    trace::{Preimage, Preimages, SpaceTree},
};
use p3_air::BaseAir;
use p3_field::PrimeCharacteristicRing;
use p3_keccak::Keccak256Hash;
use p3_symmetric::CryptographicHasher;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|byte| (byte * 37 + length * 11 + 5) as u8).collect()
}

/// A pre-image with its own digest as the key.
fn hashed(bytes: Vec<u8>) -> Preimage {
    let mut key = Keccak256Hash {}.hash_iter(bytes.iter().copied());
    key[0] = 2;
    Preimage { key, bytes }
}

fn local(number: u8, bytes: Vec<u8>) -> Preimage {
    let mut key = [0; 32];
    (key[0], key[31]) = (1, number);
    Preimage { key, bytes }
}

fn advice(index: u8, bytes: Vec<u8>) -> Preimage {
    let mut key = [0; 32];
    (key[0], key[31]) = (3, index);
    Preimage { key, bytes }
}

/// Lengths around those of words, leaves and blocks.
const LENGTHS: [usize; 20] =
    [0, 1, 7, 8, 9, 23, 24, 25, 32, 55, 56, 57, 134, 135, 136, 137, 271, 272, 273, 500];

/// Lengths around those of words, and of blocks of SHA-256 with and without the length.
const SHA256_LENGTHS: [usize; 15] = [0, 1, 8, 31, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 300];

/// The same with the SHA-256.
fn of_sha256(bytes: Vec<u8>) -> Preimage {
    let (_, mut key) = Sha256BlockRow::hash(1, &bytes);
    key[0] = 4;
    Preimage { key, bytes }
}

fn all() -> Vec<Preimage> {
    let hashed = LENGTHS.iter().map(|&length| hashed(bytes(length)));
    let locals = LENGTHS[..12].iter().zip(0..).map(|(&length, number)| local(number, bytes(length)));
    let advice = LENGTHS[..12].iter().zip(0..).map(|(&length, index)| advice(index, bytes(length)));
    let sha256 = SHA256_LENGTHS.iter().map(|&length| of_sha256(bytes(length)));
    hashed.chain(locals).chain(advice).chain(sha256).collect()
}

fn check(recorded: &RecordedOracle) -> Result<(), String> {
    balance(&recorded.tables, recorded.kind.tables(), &recorded.statement.public_values(), &[])
}

/// Demands that a segment is refused, for a reason that has this in it.
#[track_caller]
fn refused(recorded: &RecordedOracle, why: &str) {
    match check(recorded) {
        Ok(()) => panic!("the forgery is not noticed"),
        Err(reason) => assert!(reason.contains(why), "refused for another reason: {reason}"),
    }
}

/// The segment of these hashed regions, numbered from 1, after `forge` has changed it.
fn segment(regions: &[Preimage], forge: impl FnOnce(&mut Segment)) -> RecordedOracle {
    let mut segment = Segment::new(OracleKind::Keccak);
    for (number, region) in (1..).zip(regions) {
        segment.add_hashed(number, region);
    }
    forge(&mut segment);
    segment.finish(&mut SpaceTree::default(), None)
}

fn row(segment: &mut Segment, table: AnyTable, number: usize) -> &mut [Val] {
    let width = table.width();
    &mut segment.tables.cells(table)[width * number..][..width]
}

/// Writes other words to a leaf.
fn rewrite(segment: &mut Segment, number: u32, place: u32, leaf: usize, words: [u64; 4]) {
    let forged = OracleWriteRow::new(number, place, words);
    row(segment, AnyTable::OracleWrite, leaf).copy_from_slice(forged.cells());
    segment.leaves[leaf].1 = crate::trace::oracle::digest(words);
}

#[test]
fn all_kinds_of_preimages_are_written() {
    let preimages = Preimages::new(all()).unwrap();
    let recorded = record_oracle(&preimages, [1000; 2]);
    assert_eq!(recorded.len(), 2);
    for recorded in &recorded {
        check(recorded).unwrap();
    }
    assert_eq!(recorded[0].statement.before, empty_space());
    assert_eq!(recorded[1].statement.before, recorded[0].statement.after);
    assert_eq!(recorded[1].statement.after, preimages.tree().root());
}

#[test]
fn segments_follow_each_other() {
    let preimages = Preimages::new(all()).unwrap();
    let recorded = record_oracle(&preimages, [6; 2]);
    assert!(recorded.len() > 4);
    let mut root = empty_space();
    for (number, segment) in recorded.iter().enumerate() {
        check(segment).unwrap();
        assert_eq!(segment.statement.before, root);
        assert_eq!(segment.statement.locals.is_some(), number == 0);
        root = segment.statement.after;
    }
    assert_eq!(root, preimages.tree().root());
}

#[test]
fn there_may_be_no_preimages() {
    let recorded = record_oracle(&Preimages::default(), [10; 2]);
    assert_eq!(recorded.len(), 1);
    check(&recorded[0]).unwrap();
    assert_eq!(recorded[0].statement.after, empty_space());
    assert_eq!(recorded[0].statement.locals, Some(Keccak256Hash {}.hash_iter([0; 8])));
}

/// The digest is that of the count, and of each key with its length and its bytes, in the order of the keys.
#[test]
fn the_digest_of_local_keys_is_right() {
    let preimages =
        Preimages::new([local(9, bytes(3)), local(2, bytes(150)), hashed(bytes(5)), local(3, vec![])])
            .unwrap();
    let recorded = record_oracle(&preimages, [100; 2]);
    let mut expected = 3_u64.to_be_bytes().to_vec();
    for (number, length) in [(2, 150), (3, 0), (9, 3)] {
        expected.extend(local(number, vec![]).key);
        expected.extend((length as u64).to_be_bytes());
        expected.extend(if length == 0 { vec![] } else { bytes(length) });
    }
    assert_eq!(recorded[0].statement.locals, Some(Keccak256Hash {}.hash_iter(expected)));
    check(&recorded[0]).unwrap();
}

#[test]
fn words_of_a_region_are_big_endian() {
    let region = hashed((1..=11).collect());
    assert_eq!(region.word(0) >> 56, 2);
    assert_eq!(region.word(3).to_be_bytes(), region.key[24..]);
    assert_eq!(
        [4, 5, 6, 7].map(|word| region.word(word)),
        [11, 0x0102_0304_0506_0708, 0x090a_0b00_0000_0000, 0]
    );
}

/// Another byte, length or key, with all that follows from it but the digest.
#[test]
fn a_region_has_the_key_of_its_bytes() {
    for forge in [
        |region: &mut Preimage| region.bytes[3] ^= 1,
        |region: &mut Preimage| region.bytes[139] ^= 0x80,
        |region: &mut Preimage| region.bytes.push(0),
        |region: &mut Preimage| region.bytes.push(1),
        |region: &mut Preimage| region.bytes.truncate(region.bytes.len() - 1),
        |region: &mut Preimage| region.key = hashed(bytes(12)).key,
        |region: &mut Preimage| region.key[0] = 1,
        |region: &mut Preimage| region.key[31] ^= 1,
    ] {
        let mut region = hashed(bytes(140));
        forge(&mut region);
        refused(&segment(&[region], |_| ()), "of region");
    }
}

/// What is written differs from what is hashed.
#[test]
fn what_is_hashed_is_what_is_written() {
    let region = hashed(bytes(140));
    for (place, word) in (0..region.leaves()).flat_map(|place| (0..4).map(move |word| (place, word))) {
        for change in [1, 1 << 16, 1 << 63] {
            let forged = segment(core::slice::from_ref(&region), |segment| {
                let mut words = region.leaf(place);
                words[word] ^= change;
                rewrite(segment, 1, place, place as usize, words);
            });
            refused(&forged, "of region");
        }
    }
}

/// A byte after the end of the pre-image, in the last word and in the last leaf.
#[test]
fn what_follows_the_end_is_zeros() {
    let region = hashed(bytes(12));
    let forged = segment(core::slice::from_ref(&region), |segment| {
        rewrite(segment, 1, 1, 1, [region.word(4), region.word(5), region.word(6) | 7, 0]);
        // The byte is there, but not given.
        let absorb = row(segment, AnyTable::Absorb, 0);
        absorb[4 + 136 + 15] = Val::from_u8(7);
    });
    refused(&forged, "absorb breaks constraint");
    let forged = segment(core::slice::from_ref(&region), |segment| {
        rewrite(segment, 1, 1, 1, [region.word(4), region.word(5), region.word(6), 7]);
    });
    refused(&forged, "of region");
}

/// The padding follows from the length: `given` cannot be other bits, and neither `rest` another number.
#[test]
fn the_padding_is_fixed() {
    for length in [0, 5, 134, 135, 136, 200] {
        let region = hashed(bytes(length));
        let last = length / 136;
        for place in 0..136 {
            let forged = segment(core::slice::from_ref(&region), |segment| {
                let given = &mut row(segment, AnyTable::Absorb, last)[4 + place];
                *given = Val::ONE - *given;
            });
            refused(&forged, "absorb");
        }
        // A longer pre-image, of zeros or of what the padding is, with the same blocks.
        for byte in [0, 1, 0x80] {
            let forged = segment(core::slice::from_ref(&region), |segment| {
                let absorb = row(segment, AnyTable::Absorb, last);
                absorb[3] += Val::ONE;
                absorb[4 + length % 136] = Val::ONE;
                absorb[4 + 136 + length % 136] = Val::from_u8(byte);
            });
            refused(&forged, "");
        }
    }
}

#[test]
fn a_leaf_is_not_left_out() {
    let region = hashed(bytes(100));
    for leaf in 0..region.leaves() as usize {
        let forged = segment(core::slice::from_ref(&region), |segment| {
            let width = AnyTable::OracleWrite.width();
            segment.tables.cells(AnyTable::OracleWrite).drain(leaf * width..(leaf + 1) * width);
            let _ = segment.leaves.remove(leaf);
        });
        refused(&forged, "of region");
    }
}

#[test]
fn a_leaf_is_not_added() {
    let region = hashed(bytes(100));
    let place = region.leaves();
    for (number, place) in [(1, place), (0, 0), (0, 2), (7, 0), (7, 3)] {
        let forged = segment(core::slice::from_ref(&region), |segment| {
            let row = OracleWriteRow::new(number, place, [0; 4]);
            segment.tables.add(AnyTable::OracleWrite, &row);
            let digest = crate::trace::oracle::digest([0; 4]);
            segment.leaves.push((u64::from(number) << 30 | u64::from(place), digest));
        });
        refused(&forged, "of region");
    }
}

#[test]
fn a_region_is_not_written_twice() {
    let mut tree = SpaceTree::default();
    for (bytes, again) in [(bytes(20), false), (bytes(20), true), (bytes(21), true)] {
        let mut segment = Segment::new(OracleKind::Keccak);
        segment.add_hashed(5, &hashed(bytes));
        let recorded = segment.finish(&mut tree, None);
        assert_eq!(check(&recorded).is_err(), again);
        if again {
            refused(&recorded, "of node");
        }
    }
    // Nor in one segment.
    let mut segment = Segment::new(OracleKind::Keccak);
    segment.add_hashed(5, &hashed(bytes(20)));
    segment.add_hashed(5, &hashed(bytes(20)));
    segment.leaves.sort_unstable();
    segment.leaves.dedup();
    refused(&segment.finish(&mut SpaceTree::default(), None), "of node");
}

#[test]
fn region_0_is_not_written() {
    let mut segment = Segment::new(OracleKind::Keccak);
    segment.add_hashed(0, &hashed(bytes(20)));
    refused(&segment.finish(&mut SpaceTree::default(), None), "hashed-key breaks constraint");
}

/// A leaf that is written has the mark, and no word has what looks like one.
#[test]
fn the_mark_is_not_forged() {
    let region = hashed(bytes(100));
    // What is in the tree has no mark.
    let forged = segment(core::slice::from_ref(&region), |segment| {
        let words = region.leaf(1);
        let limbs = crate::trace::leaf_limbs(words);
        segment.leaves[1].1 = crate::hash::hash_leaf(&limbs);
        let permuted = crate::hash::permute(limbs, &mut ());
        let row = row(segment, AnyTable::OracleWrite, 1);
        let width = row.len();
        row[width - 8..].copy_from_slice(&permuted[..8]);
    });
    refused(&forged, "oracle-write says");
    // The mark is taken from the limb.
    let forged = segment(core::slice::from_ref(&region), |segment| {
        let limbs = crate::trace::leaf_limbs(region.leaf(1));
        segment.leaves[1].1 = crate::hash::hash_leaf(&limbs);
        let permuted = crate::hash::permute(limbs, &mut ());
        let row = row(segment, AnyTable::OracleWrite, 1);
        let width = row.len();
        row[width - 9] -= Val::from_u32(crate::hash::MARK);
        row[width - 8..].copy_from_slice(&permuted[..8]);
    });
    refused(&forged, "of region");
}

/// The key of an advice follows from its region.
#[test]
fn advice_has_one_value_for_a_key() {
    for number in [ADVICE + 6, 5] {
        let mut segment = Segment::new(OracleKind::Keccak);
        segment.add_advice(ADVICE + 5, &advice(5, bytes(10)));
        segment.add_advice(number, &advice(5, bytes(11)));
        segment.leaves.sort_unstable();
        assert!(check(&segment.finish(&mut SpaceTree::default(), None)).is_err());
    }
    // Nor in another segment.
    let mut tree = SpaceTree::default();
    for again in [false, true] {
        let mut segment = Segment::new(OracleKind::Keccak);
        segment.add_advice(ADVICE + 5, &advice(5, bytes(10)));
        assert_eq!(check(&segment.finish(&mut tree, None)).is_err(), again);
    }
}

/// Local keys in this order, with regions from 1 on.
fn locals(regions: &[Preimage], forge: impl FnOnce(&mut Segment)) -> RecordedOracle {
    let mut segment = Segment::new(OracleKind::Keccak);
    let digest = segment.add_locals((1..).zip(regions));
    forge(&mut segment);
    segment.finish(&mut SpaceTree::default(), Some(digest))
}

#[test]
fn local_keys_are_distinct_and_in_order() {
    let regions = [local(3, bytes(10)), local(4, bytes(20))];
    check(&locals(&regions, |_| ())).unwrap();
    let [one, other] = regions;
    refused(&locals(&[other.clone(), one.clone()], |_| ()), "local-key");
    refused(&locals(&[one.clone(), one.clone()], |_| ()), "local-key");
    refused(&locals(&[one.clone(), local(3, bytes(11))], |_| ()), "local-key");
    // A key of another type.
    refused(&locals(&[one, hashed(bytes(10))], |_| ()), "local-key breaks constraint");
}

#[test]
fn local_keys_are_those_of_the_digest() {
    let regions = [local(3, bytes(10)), local(4, bytes(20))];
    // Another digest, or none.
    let mut forged = locals(&regions, |_| ());
    forged.statement.locals = Some([7; 32]);
    refused(&forged, "of digest");
    forged.statement.locals = None;
    assert!(check(&forged).is_err());
    // A byte that is not the one that is hashed: the rows of the bytes, or those of the stream.
    for table in [AnyTable::Value, AnyTable::Stream] {
        for number in 0..2 {
            let mut forged = locals(&regions, |segment| {
                let row = row(segment, table, number);
                let at = if table == AnyTable::Value { 14 } else { 10 };
                row[at] += Val::from_u8(2);
            });
            assert!(check(&forged).is_err());
            // Nothing else is wrong with it.
            forged.tables.cells(table).clear();
            assert!(check(&forged).is_err());
        }
    }
    // A key that is not hashed: with a chain of its own, it is not there.
    let forged = locals(&regions[..1], |segment| {
        segment.write(2, &regions[1]);
        segment
            .tables
            .add(AnyTable::LocalKey, &crate::tables::LocalKeyRow::new(1, 58, &regions[0].key, &regions[1]));
        segment.add_value(2, &regions[1], Some(98));
    });
    assert!(check(&forged).is_err());
    // A later segment has none.
    let mut segment = Segment::new(OracleKind::Keccak);
    segment.add_locals((1..).zip(&regions));
    assert!(check(&segment.finish(&mut SpaceTree::default(), None)).is_err());
}

/// A length beyond 30 bits could wrap around the field.
#[test]
fn lengths_are_small() {
    let region = hashed(bytes(20));
    let forged = segment(core::slice::from_ref(&region), |segment| {
        let width = AnyTable::HashedKey.width();
        let mut row = *HashedKeyRow::<Val>::of(&segment.tables.cells(AnyTable::HashedKey)[..width]);
        row = row.with_length([20 + (1 << 16), 0]);
        segment.tables.cells(AnyTable::HashedKey).copy_from_slice(row.cells());
    });
    refused(&forged, "hashed-key says");
    let forged = segment(core::slice::from_ref(&region), |segment| {
        let width = AnyTable::HashedKey.width();
        let mut row = *HashedKeyRow::<Val>::of(&segment.tables.cells(AnyTable::HashedKey)[..width]);
        row = row.with_length([20, 1 << 14]);
        segment.tables.cells(AnyTable::HashedKey).copy_from_slice(row.cells());
    });
    refused(&forged, "hashed-key says");
}

#[test]
fn sha256_is_right() {
    let digest = |bytes: &[u8]| Sha256BlockRow::hash(1, bytes).1;
    let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(digest(b"")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(hex(digest(b"abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(
        hex(digest(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    );
}

/// A segment of one pre-image with its SHA-256 as the key, after `forge` has changed it.
fn sha256_segment(region: &Preimage, forge: impl FnOnce(&mut Segment)) -> RecordedOracle {
    let mut segment = Segment::new(OracleKind::Sha256);
    segment.add_sha256(1, region);
    forge(&mut segment);
    segment.finish(&mut SpaceTree::default(), None)
}

#[test]
fn a_region_has_the_sha256_of_its_bytes() {
    for forge in [
        |region: &mut Preimage| region.bytes[3] ^= 1,
        |region: &mut Preimage| region.bytes[63] ^= 0x80,
        |region: &mut Preimage| region.bytes.push(0),
        |region: &mut Preimage| region.bytes.push(0x80),
        |region: &mut Preimage| region.bytes.truncate(region.bytes.len() - 1),
        |region: &mut Preimage| region.key = of_sha256(bytes(12)).key,
        |region: &mut Preimage| region.key[0] = 2,
        |region: &mut Preimage| region.key[31] ^= 1,
    ] {
        let mut region = of_sha256(bytes(70));
        forge(&mut region);
        refused(&sha256_segment(&region, |_| ()), "of region");
    }
    // Another word than the one that is hashed.
    let region = of_sha256(bytes(70));
    for (place, word) in (0..region.leaves()).flat_map(|place| (0..4).map(move |word| (place, word))) {
        let forged = sha256_segment(&region, |segment| {
            let mut words = region.leaf(place);
            words[word] ^= 1 << 40;
            rewrite(segment, 1, place, place as usize, words);
        });
        refused(&forged, "of region");
    }
}

/// The padding of SHA-256 follows from the length: none of the cells that say where it begins can be another number.
#[test]
fn the_padding_of_sha256_is_fixed() {
    for length in [0, 5, 54, 55, 56, 63, 64, 70, 119, 120] {
        let region = of_sha256(bytes(length));
        for block in 0..Sha256BlockRow::blocks(length) {
            // `open`, `rest`, the length, and all flags of bytes.
            for cell in [1, 4].into_iter().chain(5..11).chain(11..11 + 64) {
                let forged = sha256_segment(&region, |segment| {
                    let cell = &mut row(segment, AnyTable::Sha256Block, block)[cell];
                    *cell = if *cell == Val::ONE { Val::ZERO } else { *cell + Val::ONE };
                });
                refused(&forged, "");
            }
        }
    }
}

/// No limb of a length in bits can be split in another way.
#[test]
fn the_length_in_bits_is_fixed() {
    let region = of_sha256(bytes(70));
    for (cell, other) in [(8, 9), (10, 11)] {
        for sign in [Val::ONE, Val::NEG_ONE] {
            let forged = sha256_segment(&region, |segment| {
                let row = row(segment, AnyTable::Sha256Key, 0);
                // The lowest 13 bits and the others of a limb.
                row[cell + 1] += sign;
                row[other + 1] += sign;
            });
            refused(&forged, "sha256-key");
        }
    }
}
