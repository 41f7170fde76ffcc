//! How large the tables of a segment are.

use crate::{
    air::AnyTable,
    machine::{Setup, Shape},
    stark::{Challenge, Val},
    trace::{Costs, Filled},
};
use p3_air::BaseAir;
use p3_field::BasedVectorSpace;
use p3_matrix::Matrix;

/// How large a table of a segment is. All cells are elements of [`Val`], 4 bytes each. A segment has two tables of a common kind,
/// with one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    /// What the table is called.
    pub name: &'static str,
    /// Its rows that say something.
    pub rows: usize,
    /// All its rows: a power of two.
    pub height: usize,
    /// The cells of a row.
    pub columns: usize,
    /// The messages of a row, sent and received.
    pub lookups: usize,
    /// The cells of a row that prove its messages.
    pub lookup_columns: usize,
}

impl TableSize {
    /// The cells that are committed to, whether they say something or not. Not those of the quotient.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.height * (self.columns + self.lookup_columns)
    }

    /// The cells of the rows that say something.
    #[must_use]
    pub const fn used_cells(&self) -> usize {
        self.rows * (self.columns + self.lookup_columns)
    }
}

/// The elements of a challenge.
const DIMENSION: usize = <Challenge as BasedVectorSpace<Val>>::DIMENSION;

/// The cells of a row that prove messages in `lookups` columns: these, and one that adds them up.
const fn lookup_columns(lookups: usize) -> usize {
    if lookups == 0 { 0 } else { (lookups + 1) * DIMENSION }
}

impl Shape {
    /// The sizes of its tables.
    pub(super) fn sizes(&self, filled: &Filled) -> Vec<TableSize> {
        let sizes = self.tables.iter().zip(&filled.matrices).zip(&filled.rows).zip(self.lookups());
        sizes
            .map(|(((table, matrix), &rows), lookups)| TableSize {
                name: table.name(),
                rows,
                height: matrix.height(),
                columns: matrix.width(),
                lookups: lookups.iter().map(|lookup| lookup.elements.len()).sum(),
                lookup_columns: lookup_columns(lookups.len()),
            })
            .collect()
    }
}

impl Setup {
    /// What the rows of an execution segment cost, with the columns of challenges that the quotient of a table has: one or two.
    pub(crate) fn costs(&self) -> Costs {
        let tables = self.execution.tables.iter().zip(self.execution.lookups());
        let cells = |table: &AnyTable, lookups: usize| {
            let parts = if table.max_constraint_degree().is_some() { 2 } else { 1 };
            table.width() + lookup_columns(lookups) + parts * DIMENSION
        };
        Costs::new(tables.map(|(table, lookups)| (*table, cells(table, lookups.len()))))
    }
}
