//! The rows of all tables.

use super::{Executed, uses::Uses};
use crate::{
    air::AnyTable,
    row::Row,
    stark::Val,
    tables::{self, MOVE, NOP},
};
use alloc::{vec, vec::Vec};
use p3_air::BaseAir;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use tribunal_mips::Op;

/// The rows of all tables, as they grow.
pub(crate) struct Tables {
    cells: Vec<Vec<Val>>,
}

impl Default for Tables {
    fn default() -> Self {
        Self { cells: vec![Vec::new(); AnyTable::ALL.len()] }
    }
}

impl Tables {
    /// Adds the row of an instruction.
    pub(crate) fn push(&mut self, executed: &Executed) {
        match executed.instruction.op {
            Op::Addu | Op::Subu | Op::Daddu | Op::Dsubu => {
                self.add(AnyTable::Add, &tables::AddRow::new(executed));
            }
            _ => todo_(),
        }
        let _ = (MOVE, NOP);
    }

    fn add(&mut self, table: AnyTable, row: &impl Row<Val>) {
        self.cells[table as usize].extend_from_slice(row.cells());
    }
}
