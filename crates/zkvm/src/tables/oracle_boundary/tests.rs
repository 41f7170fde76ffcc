//! Only leaves that are written are read, and only what is in them.

use super::OracleBoundaryRow;
use crate::{
    air::AnyTable,
    hash::{EMPTY_LEAF, MARK, hash_leaf, permute},
    row::Row,
    stark::Val,
    tables::NodeRow,
    testing::{Said, balance},
    trace::{OracleReads, Preimage, Preimages, Space, SpaceTree, Tables},
    word::word,
};
use p3_field::PrimeCharacteristicRing;
use std::sync::Arc;

fn preimages() -> Preimages {
    let region = |kind: u8, last: u8, bytes: &[u8]| {
        let mut key = [0xff; 32];
        (key[0], key[31]) = (kind, last);
        Preimage { key, bytes: bytes.to_vec() }
    };
    Preimages::new([region(2, 1, b"some bytes"), region(1, 2, &[0xff; 100]), region(2, 3, b"")]).unwrap()
}

/// A node's message of a root that does not change.
fn root(tree: &SpaceTree) -> Said {
    let root = tree.root();
    let place = [1, 0, 3, 0, 0].map(Val::from_u32);
    ("node", place.into_iter().chain(root).chain(root).collect(), 1)
}

/// That a word is read so often.
fn reads(region: u32, number: u32, value: u64, times: i32) -> Said {
    let [a, b, c, d] = word(value);
    ("oracle", vec![Val::from_u32(region), Val::from_u32(number), a, b, c, d], -times)
}

const KIND: &[AnyTable] = &[AnyTable::OracleBoundary, AnyTable::Node];

#[test]
fn words_are_read() {
    let preimages = preimages();
    let mut tree = preimages.tree();
    let mut reading = OracleReads::of(Arc::new(preimages.clone()));
    let mut said = vec![root(&tree)];
    // Local keys come first.
    let local = &preimages.regions()[&1].key;
    assert_eq!((local[0], reading.preimages().region_of(local)), (1, Some(1)));
    assert_eq!(preimages.region_of(&[7; 32]), None);
    for (region, number, times) in [(1, 0, 2), (1, 4, 1), (1, 5, 3), (1, 17, 1), (2, 7, 1), (3, 4, 7)] {
        let value = preimages.regions()[&region].word(number);
        said.push(reads(region, number, value, times));
        for _ in 0..times {
            assert_eq!(reading.read(region, number), Some(value));
        }
    }
    // There are no such leaves.
    for (region, number) in [(0, 0), (4, 0), (3, 8), (1, 20), (u32::MAX, u32::MAX)] {
        assert_eq!(reading.read(region, number), None);
    }
    let mut tables = Tables::default();
    let leaves = reading.finish(&mut tables);
    for node in tree.update(Space::Oracle, &leaves) {
        tables.add(AnyTable::Node, &NodeRow::new(&node));
    }
    assert_eq!(tree.root(), preimages.tree().root());
    balance(&tables, KIND, &[], &said).unwrap();
    // Another word.
    let mut forged = said.clone();
    forged[1].1[2] += Val::ONE;
    balance(&tables, KIND, &[], &forged).unwrap_err();
}

/// The tables of one leaf that is touched, whatever its row is.
fn leaf(tree: &mut SpaceTree, index: u64, row: &[Val]) -> Tables {
    let mut tables = Tables::default();
    tables.cells(AnyTable::OracleBoundary).extend(row);
    let digest = tree.update(Space::Oracle, &[(index, EMPTY_LEAF)]);
    for node in digest {
        tables.add(AnyTable::Node, &NodeRow::new(&node));
    }
    tables
}

/// The limbs of a leaf that is not written are zeros, and have no mark.
#[test]
fn a_leaf_that_is_not_written_is_not_read() {
    let honest = OracleBoundaryRow::new(1, 0, [0; 4], [0; 4]);
    let mut tree = SpaceTree::default();
    let said = [root(&tree)];
    let tables = leaf(&mut tree, 1 << 30, honest.cells());
    assert!(balance(&tables, KIND, &[], &said).unwrap_err().contains("of node"));
    // The digest of zeros, for zeros.
    let mut forged = honest;
    let permuted = permute([Val::ZERO; 16], &mut ());
    forged.leaf.permuted.copy_from_slice(&permuted[..8]);
    let tables = leaf(&mut tree, 1 << 30, forged.cells());
    assert!(balance(&tables, KIND, &[], &said).unwrap_err().contains("says"));
    // The digest of zeros, for a last limb that makes up for the mark.
    forged.leaf.limbs[15] -= Val::from_u32(MARK);
    let tables = leaf(&mut tree, 1 << 30, forged.cells());
    let why = balance(&tables, KIND, &[], &said).unwrap_err();
    assert!(why.contains("range"), "{why}");
}

/// A last limb that has the mark once more.
#[test]
fn the_mark_is_no_part_of_a_word() {
    let mut tree = SpaceTree::default();
    let mut limbs = [Val::ZERO; 16];
    limbs[15] = Val::from_u32(2 * MARK);
    tree.update(Space::Oracle, &[(1 << 30, hash_leaf(&limbs))]);
    let mut forged = OracleBoundaryRow::new(1, 0, [0; 4], [0, 0, 0, 1]);
    forged.leaf.limbs[15] = Val::from_u32(MARK);
    forged.leaf.permuted.copy_from_slice(&permute(limbs, &mut ())[..8]);
    let mut tables = Tables::default();
    tables.add(AnyTable::OracleBoundary, &forged);
    assert!(balance(&tables, KIND, &[], &[]).unwrap_err().contains("range"));
}

/// A number of a word cannot wrap around the field.
#[test]
fn places_are_small() {
    let preimages = preimages();
    let words = preimages.regions()[&1].leaf(0);
    for place in [[1 << 14, 0], [0, 1 << 14], [1 << 16, 1 << 13]] {
        let mut forged = OracleBoundaryRow::new(1, 0, words, [0; 4]);
        forged.leaf.place = place.map(Val::from_u32);
        let mut tables = Tables::default();
        tables.add(AnyTable::OracleBoundary, &forged);
        assert!(balance(&tables, KIND, &[], &[]).unwrap_err().contains("range"));
    }
}

#[test]
fn an_empty_row_provides_nothing() {
    for word in 0..4 {
        let mut forged = OracleBoundaryRow::new(0, 0, [0; 4], [0; 4]);
        forged.real = Val::ZERO;
        forged.uses[word] = Val::ONE;
        let mut tables = Tables::default();
        tables.add(AnyTable::OracleBoundary, &forged);
        assert!(balance(&tables, KIND, &[], &[]).unwrap_err().contains("breaks constraint"));
    }
}
