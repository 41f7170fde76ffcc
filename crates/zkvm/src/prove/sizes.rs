//! How large the tables of a segment are.

use crate::{
    machine::Shape,
    stark::{Challenge, Val},
    trace::Filled,
};
use p3_field::BasedVectorSpace;
use p3_matrix::Matrix;

/// How large a table of a segment is. All cells are elements of [`Val`], 4 bytes each.
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
                // A column for each, and one that adds them up.
                lookup_columns: if lookups.is_empty() {
                    0
                } else {
                    (lookups.len() + 1) * <Challenge as BasedVectorSpace<Val>>::DIMENSION
                },
            })
            .collect()
    }
}
