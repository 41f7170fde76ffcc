//! When a segment must end, because a table is nearly full.
//!
//! A table has at most 2^[`MOST_LOG_ROWS`] rows, and most steps add a row to a few tables. So most segments end after the
//! number of steps that was asked for. But a thread switch adds 34 rows to one table, and a leaf of memory that is touched for
//! the first time adds a row for each node of the state tree above it. Such a segment ends earlier.

use super::{Tables, paths::Paths, tables::heights};
use crate::{air::AnyTable, machine::MOST_LOG_ROWS};

/// The steps between two looks at the tables.
pub(super) const LOOK_EVERY: u32 = 256;

/// More rows than a step adds to any table but `hash` and `node`. A thread switch accesses each register three times, and each
/// access may add a row for a long gap.
const ROWS_OF_A_STEP: usize = 128;

/// More nodes than a step touches. A thread switch touches the leaves of two threads, 20 in all, and their paths share most
/// nodes.
const NODES_OF_A_STEP: usize = 600;

/// Whether a segment must end after so many steps.
pub(super) fn is_full(steps: u32, tables: &Tables, paths: &Paths) -> bool {
    steps.is_multiple_of(LOOK_EVERY) && full(|table| tables.len(table), paths.len())
}

/// Whether tables of these lengths may be too long at the next look, when `nodes` nodes are touched.
pub(super) fn full(length: impl Fn(AnyTable) -> usize, nodes: usize) -> bool {
    let (most, soon) = (1 << MOST_LOG_ROWS, LOOK_EVERY as usize);
    // What the rows of steps add up to, when each table is filled to a power of two, as the verifier checks.
    let mut steps = 0;
    for &table in AnyTable::ALL {
        if table.makes_steps() {
            steps += heights(table, length(table) + soon);
        } else if length(table) + soon * ROWS_OF_A_STEP > most {
            return true;
        }
    }
    2 * (nodes + soon * NODES_OF_A_STEP) > most || steps >= most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{machine, word},
        trace::{Recorder, StateTree},
    };
    use tribunal_mips::Op;

    /// Each turn of the loop loads from a leaf that shares few nodes with others.
    #[test]
    fn a_segment_ends_before_it_has_too_many_nodes() {
        let program = [
            word(Op::Lui, 0, 9, 0, 1),
            word(Op::Dsll, 0, 9, 10, 24),
            // The loop.
            word(Op::Ld, 9, 8, 0, 0),
            word(Op::Beq, 0, 0, 0, (-2_i32) as u32),
            word(Op::Daddu, 9, 10, 9, 0),
        ];
        let mut machine = machine(&program);
        let mut recorder = Recorder::new(machine.state(), &StateTree::of(machine.state())).unwrap();
        while !recorder.is_full() {
            machine.step_observed(&mut recorder).unwrap();
        }
        assert_eq!(recorder.failed(), None);
        let (nodes, most) = (recorder.paths().len(), 1 << (MOST_LOG_ROWS - 1));
        assert!(nodes <= most && nodes + 2 * LOOK_EVERY as usize * NODES_OF_A_STEP > most, "{nodes}");
    }

    #[test]
    fn each_limit_counts() {
        let empty = |_| 0;
        let nodes = (1 << 21) - 256 * NODES_OF_A_STEP;
        assert!(!full(empty, nodes));
        assert!(full(empty, nodes + 1));
        let with = |table: AnyTable, rows: usize| move |other| if other == table { rows } else { 0 };
        assert!(!full(with(AnyTable::Moved, (1 << 22) - 256 * ROWS_OF_A_STEP), 0));
        assert!(full(with(AnyTable::Moved, (1 << 22) - 256 * ROWS_OF_A_STEP + 1), 0));
        // 2^21 rows, which become 2^22 with the next ones.
        assert!(!full(with(AnyTable::Divide, (1 << 21) - 256), 0));
        assert!(full(with(AnyTable::Divide, (1 << 21) - 255), 0));
        // 2^21 and 2^20 rows in two tables, of which the second one doubles then.
        assert!(!full(with(AnyTable::Add, (3 << 20) - 256), 0));
        assert!(full(with(AnyTable::Add, (3 << 20) - 255), 0));
    }
}
