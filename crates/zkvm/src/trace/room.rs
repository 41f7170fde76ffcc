//! When a segment must end, because a table is nearly full.
//!
//! A table has at most 2^[`MOST_LOG_ROWS`] rows, and most steps add a row to a few tables. So most segments end after the
//! number of steps that was asked for. But a thread switch adds 34 rows to one table, and a leaf of memory that is touched for
//! the first time adds a row for each node of the state tree above it. Such a segment ends earlier.

use super::{Space, Tables};
use crate::{
    air::AnyTable,
    machine::{LEAST_LOG_ROWS, MOST_LOG_ROWS},
    tables::SPACE_LEVELS,
};
use std::collections::HashSet;

/// The steps between two looks at the tables.
const LOOK_EVERY: u32 = 256;

/// More rows than a step adds to any table but `hash` and `node`. A thread switch accesses each register three times, and each
/// access may add a row for a long gap.
const ROWS_OF_A_STEP: usize = 128;

/// More nodes than a step touches. A thread switch touches the leaves of two threads, 20 in all, and their paths share most
/// nodes.
const NODES_OF_A_STEP: usize = 600;

/// The nodes of the state tree on the paths to touched leaves, with the leaves. Each of them is hashed at most twice: before
/// the segment and after it.
#[derive(Debug, Default)]
pub(super) struct Paths(HashSet<u64>);

impl Paths {
    /// A leaf is touched for the first time.
    pub(super) fn touch(&mut self, space: Space, leaf: u64) {
        let mut node = 1 << SPACE_LEVELS | leaf;
        while node != 0 && self.0.insert((space as u64) << (SPACE_LEVELS + 2) | node) {
            node >>= 1;
        }
    }
}

/// Whether a segment must end after so many steps.
pub(super) fn is_full(steps: u32, tables: &Tables, paths: &Paths) -> bool {
    steps.is_multiple_of(LOOK_EVERY) && {
        let soon = LOOK_EVERY as usize;
        full(|table| tables.len(table), paths.0.len() + soon * NODES_OF_A_STEP, soon)
    }
}

/// Whether tables of these lengths are too long after `soon` more steps, when `nodes` nodes are touched.
fn full(length: impl Fn(AnyTable) -> usize, nodes: usize, soon: usize) -> bool {
    let most = 1 << MOST_LOG_ROWS;
    // What the rows of steps add up to, when each table is filled to a power of two, as the verifier checks.
    let mut steps = 0;
    for &table in AnyTable::ALL {
        if table.makes_steps() {
            let rows = length(table) + soon;
            steps += rows.next_power_of_two().max(1 << LEAST_LOG_ROWS);
        } else if length(table) + soon * ROWS_OF_A_STEP > most {
            return true;
        }
    }
    2 * nodes > most || steps >= most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{machine, word},
        trace::{Recorder, StateTree},
    };
    use tribunal_mips::Op;

    #[test]
    fn each_node_of_a_path_counts_once() {
        let mut paths = Paths::default();
        let levels = SPACE_LEVELS as usize;
        paths.touch(Space::Memory, 6);
        assert_eq!(paths.0.len(), levels + 1);
        paths.touch(Space::Memory, 6);
        paths.touch(Space::Memory, 7);
        assert_eq!(paths.0.len(), levels + 2);
        paths.touch(Space::Memory, 4);
        assert_eq!(paths.0.len(), levels + 4);
        paths.touch(Space::System, 6);
        paths.touch(Space::Memory, (1 << SPACE_LEVELS) - 1);
        assert_eq!(paths.0.len(), 3 * levels + 5);
    }

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
        let (nodes, most) = (recorder.paths().0.len(), 1 << (MOST_LOG_ROWS - 1));
        assert!(nodes <= most && nodes + 2 * LOOK_EVERY as usize * NODES_OF_A_STEP > most, "{nodes}");
    }

    #[test]
    fn each_limit_counts() {
        let empty = |_| 0;
        assert!(!full(empty, 1 << 20, 256));
        assert!(full(empty, (1 << 21) + 1, 256));
        let with = |table: AnyTable, rows: usize| move |other| if other == table { rows } else { 0 };
        assert!(!full(with(AnyTable::Moved, (1 << 22) - 256 * ROWS_OF_A_STEP), 0, 256));
        assert!(full(with(AnyTable::Moved, (1 << 22) - 256 * ROWS_OF_A_STEP + 1), 0, 256));
        // 2^21 rows, which become 2^22 with the next ones.
        assert!(!full(with(AnyTable::Add, (1 << 21) - 256), 0, 256));
        assert!(full(with(AnyTable::Add, (1 << 21) - 255), 0, 256));
    }
}
