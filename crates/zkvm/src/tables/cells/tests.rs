//! Rows of random leaves say what the leaf is, and no cell of them can be changed.

use super::CellsRow;
use crate::{
    air::AnyTable,
    decode::SINK,
    row::Row,
    stark::Val,
    testing::{
        refuses,
        tree::{Said, judge_leaf, mutate, said},
    },
    trace::TouchedLeaf,
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use proptest::{prelude::*, test_runner::TestCaseResult};

/// The tables, with their bus and the number of their space.
const TABLES: [(AnyTable, &str, u32); 2] = [(AnyTable::Registers, "reg", 1), (AnyTable::System, "sys", 2)];

/// Judges what a row says. The messages of its four cells give their numbers and values; the leaf must follow from them.
fn judge(said: &Said, bus: &str, space: u32) -> Result<(), String> {
    if said.is_empty() {
        return Ok(());
    }
    let (cells, others): (Vec<_>, Vec<_>) = said.iter().partition(|(of, ..)| of == bus);
    let [(node, fields, count)] = &others[..] else { return Err("not one leaf of the tree".into()) };
    if node != "node" || *count != Val::NEG_ONE || cells.len() != 8 {
        return Err("not a leaf of four cells".into());
    }
    let first = cells[0].1[0].as_canonical_u32();
    if !first.is_multiple_of(4) || first >= 1 << 24 {
        return Err(format!("a leaf that begins with cell {first}"));
    }
    let mut limbs = [[Val::ZERO; 16]; 2];
    for (place, pair) in (0..).zip(cells.chunks(2)) {
        let [(_, begin, one), (_, end, minus)] = pair else { return Err("half a cell".into()) };
        if *one != Val::ONE || *minus != Val::NEG_ONE {
            return Err("a cell the wrong way round".into());
        }
        if [begin, end].iter().any(|fields| fields[0].as_canonical_u32() != first + place) {
            return Err("another cell".into());
        }
        let place = 4 * place as usize;
        limbs[0][place..place + 4].copy_from_slice(&begin[1..5]);
        limbs[1][place..place + 4].copy_from_slice(&end[1..5]);
    }
    judge_leaf(fields, [space, 0, first / 4], limbs)
}

fn check(index: u32, old: [u64; 4], new: [u64; 4], times: [u16; 4]) -> TestCaseResult {
    let last = times.map(|time| i64::from(time) + 4);
    let leaf = TouchedLeaf { old, new, first: last.map(|time| time - 1), last };
    for (table, bus, space) in TABLES {
        // The registers have nine leaves.
        let index = if table == AnyTable::Registers { index % 9 } else { index };
        let row = CellsRow::new(index, &leaf);
        let judge = |said: &Said| judge(said, bus, space);
        let honest = said(table, row.cells()).expect("the row is right");
        prop_assert_eq!((judge(&honest), honest.len()), (Ok(()), 9));
        mutate(table, row.cells(), judge)?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.div_ceil(20), ..Default::default() })]

    #[test]
    fn each_cell_of_a_row_counts(
        index in prop_oneof![0_u32..1 << 22, Just(0), Just((1 << 22) - 1), Just(1 << 16), Just((1 << 16) - 1)],
        [old, new] in any::<[[u64; 4]; 2]>(),
        times in any::<[u16; 4]>(),
    ) {
        check(index, old, new, times)?;
    }
}

/// Two leaves of one number would be two values of one cell.
#[test]
fn item_a3_numbers_of_cells_do_not_wrap_around() {
    let row = |index: [u32; 2]| CellsRow {
        index: index.map(Val::from_u32),
        ..CellsRow::new(0, &TouchedLeaf::of([1, 2, 3, 4]))
    };
    let range = "says Message { bus: \"range\"";
    for index in [[1 << 16, 0], [0, 1 << 6], [5, Val::ORDER_U32 - 1], [Val::ORDER_U32 - (1 << 16), 1]] {
        refuses(AnyTable::System, &row(index), range);
    }
    for index in [[0, 1], [5, Val::ORDER_U32 - 1], [Val::ORDER_U32 - (1 << 16), 1]] {
        refuses(AnyTable::Registers, &row(index), "constraint");
    }
}

/// The sink has the number after the last register. If it had a leaf, there would be more than one state after a segment.
#[test]
fn the_sink_is_no_part_of_the_state() {
    for index in [9, 10, 24, 1 << 15, Val::ORDER_U32 - 1] {
        let row =
            CellsRow { index: [index, 0].map(Val::from_u32), ..CellsRow::new(0, &TouchedLeaf::of([0; 4])) };
        refuses(AnyTable::Registers, &row, "says Message { bus: \"range\"");
    }
    assert_eq!(SINK, 36);
}
