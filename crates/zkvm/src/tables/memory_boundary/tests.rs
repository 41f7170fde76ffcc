//! Rows of random leaves say what the leaf is, and no cell of them can be changed.

use super::MemoryBoundaryRow;
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{
        refuses,
        tree::{Said, judge_leaf, mutate, said},
    },
    trace::{TouchedLeaf, TouchedMemory},
};
use core::array;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;

/// A touched leaf. If it is code, nothing is stored.
fn touched() -> impl Strategy<Value = TouchedMemory> {
    (any::<[u64; 4]>(), any::<[u64; 4]>(), any::<[u16; 4]>(), 0_u32..3).prop_map(
        |(old, new, times, code_uses)| {
            let last = times.map(|time| i64::from(time) + 4);
            let new = if code_uses == 0 { new } else { old };
            let stored = array::from_fn(|word| if new[word] == old[word] { 0 } else { last[word] as u32 });
            TouchedMemory {
                leaf: TouchedLeaf { old, new, first: last.map(|time| time - 1), last },
                stored,
                code_uses,
            }
        },
    )
}

/// Judges what a row says. The messages of the four words give the address and the values; the rest must follow from them.
fn judge(said: &Said) -> Result<(), String> {
    if said.is_empty() {
        return Ok(());
    }
    let words: Vec<_> = said.iter().filter(|(bus, ..)| bus == "mem").collect();
    if words.len() != 8 {
        return Err("not four words".into());
    }
    let number = |field: &Val| u64::from(field.as_canonical_u32());
    let address = |fields: &[Val]| -> Result<u64, String> {
        fields[..4].iter().rev().try_fold(0, |address, limb| {
            let limb = number(limb);
            if limb < 1 << 16 {
                Ok(address << 16 | limb)
            } else {
                Err("an address that is not canonical".to_owned())
            }
        })
    };
    let start = address(&words[0].1)?;
    if start % 32 != 0 {
        return Err(format!("a leaf at {start:#x}"));
    }
    let mut limbs = [[Val::ZERO; 16]; 2];
    let mut stored = false;
    for (place, pair) in words.chunks(2).enumerate() {
        let [(_, begin, one), (_, end, minus)] = pair else { return Err("half a word".into()) };
        if *one != Val::ONE || *minus != Val::NEG_ONE {
            return Err("a word the wrong way round".into());
        }
        if address(begin)? != start + 8 * place as u64 || address(end)? != start + 8 * place as u64 {
            return Err("a word at another address".into());
        }
        if begin[9] != Val::ZERO {
            return Err("a store before the segment".into());
        }
        stored |= end[9] != Val::ZERO;
        limbs[0][4 * place..4 * place + 4].copy_from_slice(&begin[4..8]);
        limbs[1][4 * place..4 * place + 4].copy_from_slice(&end[4..8]);
    }
    let mut leaves = 0;
    for (bus, fields, count) in said.iter().filter(|(bus, ..)| bus != "mem") {
        match bus.as_str() {
            "leaf" => {
                let place = [start & 0xffff, start >> 16 & 0xffff, start >> 32 & 0xffff, start >> 48];
                let expected = [place[0] / 32, place[1], place[2], place[3]].map(Val::from_u64);
                if stored || fields[..4] != expected || fields[4..] != limbs[0] {
                    return Err("code that is not what memory has, or that is stored to".into());
                }
            }
            "node" => {
                let index = start >> 5;
                judge_leaf(fields, [0, (index >> 30) as u32, (index & 0x3fff_ffff) as u32], limbs)?;
                if *count != Val::NEG_ONE {
                    return Err("does not receive its leaf".into());
                }
                leaves += 1;
            }
            other => return Err(format!("a message on {other}")),
        }
    }
    if leaves == 1 { Ok(()) } else { Err("not one leaf of the tree".into()) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        index in prop_oneof![0_u64..1 << 59, Just(0), Just((1 << 59) - 1), Just(1 << 30), Just((1 << 30) - 1)],
        touched in touched(),
    ) {
        let row = MemoryBoundaryRow::new(index, &touched);
        let honest = said(AnyTable::MemoryBoundary, row.cells()).expect("the row is right");
        prop_assert_eq!(judge(&honest), Ok(()));
        prop_assert!(!honest.is_empty());
        mutate(AnyTable::MemoryBoundary, row.cells(), judge)?;
    }
}

/// A word that is stored to in the segment is not executed there, whatever it is after it.
#[test]
fn hazard_22_code_is_not_stored_to() {
    let mut touched =
        TouchedMemory { leaf: TouchedLeaf::of([1, 2, 3, 4]), code_uses: 1, ..TouchedMemory::default() };
    assert!(said(AnyTable::MemoryBoundary, MemoryBoundaryRow::new(7, &touched).cells()).is_some());
    for word in 0..4 {
        touched.stored = [0; 4];
        touched.stored[word] = 4000;
        refuses(AnyTable::MemoryBoundary, &MemoryBoundaryRow::new(7, &touched), "breaks constraint");
    }
}
