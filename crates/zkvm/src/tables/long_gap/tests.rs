//! Rows move a cell to a later time, and change nothing else.

use super::{GapCell, LongGapRow};
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    testing::{
        refuses,
        tree::{Said, mutate, said},
    },
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::prelude::*;

/// The end of all times that rows send.
const END: u32 = 1 << 24;

/// Judges what a row says: it receives a cell, and sends the same with a later time. No row sends a time after [`END`], so it is
/// no matter what is done with one.
fn judge(said: &Said) -> Result<(), String> {
    let [received, sent] = &said[..] else {
        return if said.is_empty() { Ok(()) } else { Err("not one cell".into()) };
    };
    if received.0 != sent.0 || received.2 != Val::NEG_ONE || sent.2 != Val::ONE {
        return Err("not one cell that goes on".into());
    }
    // The time of memory comes before the time of the last store.
    let time = received.1.len() - if received.0 == "mem" { 2 } else { 1 };
    let [before, after] = [&received.1, &sent.1].map(|fields| fields[time].as_canonical_u32());
    let rest = |fields: &[Val]| [&fields[..time], &fields[time + 1..]].concat();
    if rest(&received.1) != rest(&sent.1) {
        return Err("the cell or its value changes".into());
    }
    if after >= END || before < END && before >= after {
        return Err(format!("from {before} to {after}"));
    }
    Ok(())
}

fn cell() -> impl Strategy<Value = GapCell> {
    prop_oneof![
        (0_u8..37).prop_map(GapCell::Register),
        (any::<u64>(), 0_u32..1 << 24).prop_map(|(address, stored)| GapCell::Memory(address & !7, stored)),
        (0_u32..1 << 22).prop_map(GapCell::System),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(4), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        cell in cell(),
        value in any::<u64>(),
        before in prop_oneof![0_u32..1 << 24, Just(0), Just((1 << 12) - 1), Just(1 << 12)],
        by in prop_oneof![1_u32..1 << 24, Just(1), Just(1 << 12), Just(1 << 17)],
    ) {
        let after = (before + by).min(END - 1);
        prop_assume!(after > before);
        let row = LongGapRow::new(cell, value, before, after);
        let honest = said(AnyTable::LongGap, row.cells()).expect("the row is right");
        prop_assert_eq!((judge(&honest), honest.len()), (Ok(()), 2));
        mutate(AnyTable::LongGap, row.cells(), judge)?;
        mutate(AnyTable::LongGap, &vec![Val::ZERO; row.cells().len()], judge)?;
    }
}

/// Rows that lead once around the field would make a cycle that the boundary has no part in, and in which any value stands.
#[test]
fn item_a1_long_gaps_close_no_cycle() {
    let row = |before: u32, after: [u32; 2], gap: [u32; 2]| LongGapRow {
        before: Val::from_u32(before),
        after: after.map(Val::from_u32),
        gap: gap.map(Val::from_u32),
        ..LongGapRow::new(GapCell::Register(8), 5, 1, 2)
    };
    let limbs = "says Message { bus: \"range\"";
    // Back by one: the gap is p - 2, in parts that are too great, or in others.
    let p = Val::ORDER_U32;
    for gap in [[p - 2, 0], [(p - 2) & 0xfff, (p - 2) >> 12], [p - 2 - 4096, 1]] {
        refuses(AnyTable::LongGap, &row(2, [1, 0], gap), limbs);
    }
    // To a time of 2^24 and later, from which the next row could go on.
    refuses(AnyTable::LongGap, &row(END - 1, [0, 1 << 12], [0, 0]), limbs);
    refuses(AnyTable::LongGap, &row(END - 1, [1 << 12, (1 << 12) - 1], [0, 0]), limbs);
    // A gap of 0 times, which proves nothing, and another gap than that between the times.
    refuses(AnyTable::LongGap, &row(7, [7, 0], [0, 0]), "breaks constraint");
    refuses(AnyTable::LongGap, &row(7, [9, 0], [0, 0]), "breaks constraint");
}
