//! Changes each cell of a row, and demands that no change makes it say something false.

use super::{Verdict, execute, judge};
use crate::{
    air::AnyTable,
    stark::Val,
    trace::{Executed, Tables},
};
use p3_field::{Field, PrimeCharacteristicRing};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tribunal_mips::Cpu;

/// Checks the row of an instruction: it says what the machine does. Then changes each of its cells, alone and with each
/// other one, and demands that the row is refused then, or still says what the machine does.
pub(crate) fn check_and_mutate(table: AnyTable, (word, cpu, memory): &(u32, Cpu, u64)) -> TestCaseResult {
    let Some(executed) = execute(*word, cpu, *memory) else {
        return Err(TestCaseError::reject("not provable"));
    };
    check_and_mutate_row(table, &executed)
}

/// As [`check_and_mutate`], for an instruction that was executed.
pub(crate) fn check_and_mutate_row(table: AnyTable, executed: &Executed) -> TestCaseResult {
    let mut tables = Tables::default();
    prop_assert!(tables.push(executed), "no table has {:?}", executed.decoded);
    // Some encodings of these operations are moves.
    let Some(row) = tables.rows(table).next() else {
        return Err(TestCaseError::reject("of another table"));
    };
    let row = row.to_vec();
    let honest = judge(table, &row);
    prop_assert!(matches!(&honest, Verdict::Right(said) if !said.is_empty()), "{honest:x?}");
    mutate(table, &row)?;
    // The empty row says nothing, and must not become one that says something.
    let empty = vec![Val::ZERO; row.len()];
    prop_assert_eq!(judge(table, &empty), Verdict::Right(vec![]));
    mutate(table, &empty)
}

/// Mixes the row of an instruction with the row that it has on another CPU: puts each range of cells of one into the other.
/// So what proves one result must not prove another one.
pub(crate) fn check_mixes(
    table: AnyTable,
    (word, cpu, memory): &(u32, Cpu, u64),
    other: &Cpu,
) -> TestCaseResult {
    let mut rows = Vec::new();
    for cpu in [cpu, other] {
        let mut tables = Tables::default();
        let pushed = execute(*word, cpu, *memory).is_some_and(|executed| tables.push(&executed));
        let Some(row) = tables.rows(table).next().filter(|_| pushed) else {
            return Err(TestCaseError::reject("not provable, or of another table"));
        };
        rows.push(row.to_vec());
    }
    let cells = rows[0].len();
    for (from, to) in (0..cells).flat_map(|from| (from + 1..=cells).map(move |to| (from, to))) {
        let mut mixed = rows[0].clone();
        mixed[from..to].copy_from_slice(&rows[1][from..to]);
        accept(table, &mixed, &[from, to])?;
    }
    Ok(())
}

/// Changes each cell of a row, alone and with each other one.
pub(crate) fn mutate(table: AnyTable, row: &[Val]) -> TestCaseResult {
    mutate_for(row, |forged, cells| accept(table, forged, cells))
}

/// The same, for any judge. It gets the changed row and the numbers of the changed cells.
pub(super) fn mutate_for(row: &[Val], accept: impl Fn(&[Val], &[usize]) -> TestCaseResult) -> TestCaseResult {
    // Steps between bits of a small number, between limbs, and from what is worth 2^8 or 2^16 to what is worth 1.
    let steps = [1, 2, 4, 8, 1 << 16, 0x1234_5678].map(Val::from_u32);
    let fractions = [1 << 8, 1 << 16].map(|place| Val::from_u32(place).inverse());
    let changes = steps.into_iter().chain(fractions).flat_map(|change| [change, -change]);
    let mut forged = row.to_vec();
    for cell in 0..row.len() {
        for change in changes.clone() {
            forged[cell] = row[cell] + change;
            accept(&forged, &[cell])?;
        }
        for other in cell + 1..row.len() {
            for [one, another] in [[Val::ONE, Val::ONE], [Val::ONE, Val::NEG_ONE], [Val::NEG_ONE, Val::ONE]] {
                forged[cell] = row[cell] + one;
                forged[other] = row[other] + another;
                accept(&forged, &[cell, other])?;
            }
            forged[other] = row[other];
        }
        forged[cell] = row[cell];
    }
    Ok(())
}

fn accept(table: AnyTable, forged: &[Val], cells: &[usize]) -> TestCaseResult {
    if let Verdict::Wrong(why) = judge(table, forged) {
        return Err(TestCaseError::fail(format!(
            "cells {cells:?} of the table {} are free: {why}",
            table.name()
        )));
    }
    Ok(())
}
