//! How large the tables of all segments of a run are.

use std::cmp::Reverse;
use tribunal_zkvm::TableSize;

use crate::output::{self, OutputError};

/// A table of all segments together.
#[derive(Debug, Clone, Copy)]
struct Total {
    name: &'static str,
    rows: usize,
    heights: usize,
    cells: usize,
    used: usize,
    lookups: usize,
}

/// The tables of all segments.
#[derive(Debug, Default)]
pub(super) struct Totals(Vec<Total>);

impl Totals {
    /// Adds the tables of a segment.
    pub(super) fn add(&mut self, tables: &[TableSize]) {
        for table in tables {
            let place = self.0.iter().position(|total| total.name == table.name);
            let place = place.unwrap_or_else(|| {
                let empty = Total { name: table.name, rows: 0, heights: 0, cells: 0, used: 0, lookups: 0 };
                self.0.push(empty);
                self.0.len() - 1
            });
            let total = &mut self.0[place];
            total.rows += table.rows;
            total.heights += table.height;
            total.cells += table.cells();
            total.used += table.used_cells();
            total.lookups += table.rows * table.lookups;
        }
    }

    /// The cells of all tables that are committed to.
    pub(super) fn cells(&self) -> usize {
        self.sum(|total| total.cells)
    }

    fn sum(&self, of: impl Fn(&Total) -> usize) -> usize {
        self.0.iter().map(of).sum()
    }

    /// Prints all together, and those with the most cells.
    pub(super) fn print(&self, steps: u64, most: usize) -> Result<(), OutputError> {
        let all = Total {
            name: "all tables",
            rows: self.sum(|total| total.rows),
            heights: self.sum(|total| total.heights),
            cells: self.cells(),
            used: self.sum(|total| total.used),
            lookups: self.sum(|total| total.lookups),
        };
        output::line("  a step has                cells  lookups     rows; filled")?;
        let mut largest = self.0.clone();
        largest.sort_by_key(|total| Reverse(total.cells));
        for total in [all].iter().chain(largest.iter().take(most)) {
            let a_step = |number: usize| number as f64 / steps as f64;
            output::line(format_args!(
                "    {:<22} {:>8.2} {:>8.2} {:>8.3}  {:>5.1} %",
                total.name,
                a_step(total.cells),
                a_step(total.lookups),
                a_step(total.rows),
                100.0 * total.used as f64 / total.cells as f64
            ))?;
        }
        Ok(())
    }
}
