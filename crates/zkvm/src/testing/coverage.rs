//! Which cells of which rows count: each cell of each kind of row of each table is changed, also in rows that fill a table.
//!
//! A change is refused if a constraint does not hold then, if a look-up fails, or if the row says something else to other rows:
//! then no other row answers. What is not refused is a change after which the row says exactly what it said, so that it can
//! prove nothing else. The judges of the tables' own tests look at what a changed row that says something else may say
//! together with other changed rows.

use super::{
    balance::is_known,
    faults::{honest_segments, some_preimages},
};
use crate::{
    air::AnyTable,
    one_row::{evaluate, evaluate_between},
    stark::Val,
    trace::record_oracle,
};
use p3_air::BaseAir;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::{BTreeMap, BTreeSet};

/// A row, with what it is evaluated with.
#[derive(Clone)]
struct Case {
    cells: Vec<Val>,
    fixed: Vec<Val>,
    public: Vec<Val>,
    /// The rows before and after it, and whether it is the first one, if its table looks at the next row.
    between: Option<([Vec<Val>; 2], bool)>,
}

/// What a row says: its messages, in their order. `None` if it is refused.
type Says = Option<Vec<(String, Vec<Val>, Val)>>;

/// What a row says to rows of tables that are not fixed.
fn says(table: AnyTable, case: &Case) -> Says {
    let mut said = Vec::new();
    let mut right = true;
    let mut on_message =
        |message: crate::one_row::Message<'_>| match is_known(table, message.bus, message.fields) {
            Some(known) => right &= known && message.count == Val::NEG_ONE,
            None => said.push((message.bus.to_owned(), message.fields.to_vec(), message.count)),
        };
    let failed = match &case.between {
        None => evaluate(table, &case.cells, &case.fixed, &case.public, on_message),
        Some(([before, after], first)) => {
            let of = |rows: [&[Val]; 2], first: bool, on: &mut dyn FnMut(crate::one_row::Message<'_>)| {
                let selectors = Some([Val::from_bool(first), Val::ONE]);
                evaluate_between(table, rows, selectors, &case.fixed, &case.public, on)
            };
            let late = of([&case.cells, after], *first, &mut on_message);
            late.or_else(|| of([before, &case.cells], false, &mut |_| ()))
        }
    };
    (failed.is_none() && right).then_some(said)
}

/// The kind of a row: whom it says something to, and, of an instruction or a call, which one it is.
fn kind(said: &[(String, Vec<Val>, Val)]) -> Vec<(String, u32)> {
    let of = |(bus, fields, count): &(String, Vec<Val>, Val)| {
        let about = match &bus[..] {
            "prog" | "sc" => fields[1].as_canonical_u32(),
            _ => 0,
        };
        (bus.clone(), about << 1 | u32::from(*count == Val::NEG_ONE))
    };
    said.iter().map(of).collect()
}

/// The rows of all kinds, a few of each.
type Cases = BTreeMap<(AnyTable, Vec<(String, u32)>), Vec<Case>>;

/// Of each kind this many rows are looked at.
const MOST_OF_A_KIND: usize = 4;

fn add(cases: &mut Cases, table: AnyTable, case: Case) {
    let said = says(table, &case).unwrap_or_else(|| panic!("a row of the table {} is refused", table.name()));
    let of_kind = cases.entry((table, kind(&said))).or_default();
    if of_kind.len() < MOST_OF_A_KIND {
        of_kind.push(case);
    }
}

/// Adds the rows of the tables of a segment, with those that fill them and answer for others.
fn add_segment(cases: &mut Cases, kind: &[AnyTable], tables: crate::trace::Tables, public: &[Val]) {
    let traces = tables.finish_kind(kind, public).matrices;
    for (&table, trace) in kind.iter().zip(&traces) {
        let width = table.width();
        let fixed = table.preprocessed_trace();
        let of = |row: usize| trace.values[row * width..][..width].to_vec();
        let rows = trace.values.len() / width;
        // A few of the fixed tables have very many rows that are all alike.
        let looked_at: Vec<usize> = match table {
            AnyTable::Keccak => vec![24, 30, 47],
            AnyTable::Range | AnyTable::Byte => (0..200).chain(rows - 50..rows).collect(),
            _ => (0..rows).collect(),
        };
        for row in looked_at {
            let fixed = fixed.as_ref().map(|fixed| {
                let width = table.preprocessed_width();
                fixed.values[row * width..][..width].to_vec()
            });
            let between = (table == AnyTable::Keccak).then(|| ([of(row - 1), of((row + 1) % rows)], false));
            let public = public.get(..table.public()).unwrap_or(public).to_vec();
            add(cases, table, Case { cells: of(row), fixed: fixed.unwrap_or_default(), public, between });
        }
    }
}

/// How much cells are changed.
fn changes(table: AnyTable) -> Vec<Val> {
    let all = [1, 2, 1 << 8, 1 << 16, 0x1234_5678].map(Val::from_u32);
    let all = all.into_iter().flat_map(|change| [change, -change]);
    // Each row of these has thousands of cells.
    let most = if matches!(table, AnyTable::Keccak | AnyTable::Sha256) { 2 } else { 10 };
    all.take(most).collect()
}

/// Columns no change of which is ever refused in the rows of these programs. They witness that the reservation of a
/// store-conditional is for another word or of another thread: one of nine limbs differs. Here it is never one of these limbs.
/// The tests of the table change them in rows where it is.
const NEVER_REFUSED: [(&str, usize); 5] =
    [("linked", 89), ("linked", 90), ("linked", 91), ("linked", 93), ("linked", 94)];

#[test]
fn each_cell_that_a_constraint_or_message_involves_counts() {
    let mut cases = Cases::new();
    let mut segments = 0;
    honest_segments(150, |recorded| {
        let public = recorded.statement.public_values();
        segments += 1;
        if segments <= 2 {
            add_segment(&mut cases, AnyTable::ALL, recorded.tables, &public);
            return;
        }
        for &table in AnyTable::ALL.iter().filter(|table| **table != AnyTable::Segment) {
            let public = &public[..table.public()];
            for row in recorded.tables.rows(table) {
                let case =
                    Case { cells: row.to_vec(), fixed: Vec::new(), public: public.to_vec(), between: None };
                add(&mut cases, table, case);
            }
        }
    });
    for recorded in record_oracle(&some_preimages(), [usize::MAX; 2]) {
        let public = recorded.statement.public_values();
        add_segment(&mut cases, recorded.kind.tables(), recorded.tables, &public);
    }
    let mut never = BTreeSet::new();
    let mut all = [0; 3];
    let mut tables: BTreeMap<AnyTable, (usize, Vec<[usize; 3]>)> = BTreeMap::new();
    for ((table, _), cases) in &cases {
        // For each column: in how many kinds of rows each change is refused, some are, and none is.
        let (kinds, columns) = tables.entry(*table).or_insert_with(|| (0, vec![[0; 3]; table.width()]));
        *kinds += 1;
        for (column, counts) in columns.iter_mut().enumerate() {
            let (mut refused, mut tried) = (0, 0);
            for case in cases {
                let said = says(*table, case);
                let mut forged = case.clone();
                for change in changes(*table) {
                    forged.cells[column] = case.cells[column] + change;
                    tried += 1;
                    refused += usize::from(says(*table, &forged) != said);
                }
            }
            let place = if refused == tried {
                0
            } else if refused > 0 {
                1
            } else {
                2
            };
            counts[place] += 1;
        }
    }
    for (table, (kinds, columns)) in &tables {
        let mut sum = [0; 3];
        for (column, counts) in columns.iter().enumerate() {
            (0..3).for_each(|place| sum[place] += counts[place]);
            if counts[2] == *kinds {
                never.insert((table.name(), column));
            }
        }
        (0..3).for_each(|place| all[place] += sum[place]);
        let [each, some, none] = sum;
        let counting = columns.iter().filter(|counts| counts[2] < *kinds).count();
        println!(
            "{}: {} of {} columns; {kinds} kinds of rows, {} cells: each change refused {each}, some {some}, none {none}",
            table.name(),
            counting,
            columns.len(),
            each + some + none
        );
    }
    println!("in all: each change refused {}, some {}, none {}", all[0], all[1], all[2]);
    let missing: Vec<_> = AnyTable::ALL
        .iter()
        .chain(AnyTable::ORACLE)
        .chain(AnyTable::ORACLE_SHA256)
        .filter(|table| !tables.contains_key(table))
        .collect();
    assert!(missing.is_empty(), "no rows of {missing:?}");
    assert_eq!(never, NEVER_REFUSED.into_iter().collect(), "other columns never count");
}
