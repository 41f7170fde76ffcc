//! The rows of all tables.

use super::{Executed, uses::Uses};
use crate::{
    air::AnyTable,
    decode::Operation,
    row::Row,
    stark::Val,
    tables::{
        AddImmediateRow, AddRow, BranchEqualRow, BranchZeroRow, CompareRow, DivideRow, JumpRow,
        LogicImmediateRow, LogicRow, MoveRow, MultiplyRow, NopRow,
    },
};
use p3_air::BaseAir;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use tribunal_mips::Op;

/// The rows of all tables, as they grow.
pub(crate) struct Tables {
    /// The cells of each table, row by row, in the order of [`AnyTable::ALL`].
    cells: Vec<Vec<Val>>,
}

impl Default for Tables {
    fn default() -> Self {
        Self { cells: vec![Vec::new(); AnyTable::ALL.len()] }
    }
}

impl Tables {
    /// Adds the row of an instruction. Returns whether there is a table for it.
    pub(crate) fn push(&mut self, executed: &Executed) -> bool {
        match executed.decoded.operation {
            Operation::Nop => self.add(AnyTable::Nop, &NopRow::new(executed)),
            Operation::Move => self.add(AnyTable::Move, &MoveRow::new(executed)),
            Operation::Op(Op::Addu | Op::Subu | Op::Daddu | Op::Dsubu) => {
                self.add(AnyTable::Add, &AddRow::new(executed));
            }
            Operation::Op(Op::Addiu | Op::Daddiu) => {
                self.add(AnyTable::AddImmediate, &AddImmediateRow::new(executed));
            }
            Operation::Op(Op::And | Op::Or | Op::Xor | Op::Nor) => {
                self.add(AnyTable::Logic, &LogicRow::new(executed));
            }
            Operation::Op(Op::Andi | Op::Ori | Op::Xori) => {
                self.add(AnyTable::LogicImmediate, &LogicImmediateRow::new(executed));
            }
            Operation::Op(Op::Slt | Op::Sltu | Op::Slti | Op::Sltiu) => {
                self.add(AnyTable::Compare, &CompareRow::new(executed));
            }
            Operation::Op(Op::Beq | Op::Bne) => {
                self.add(AnyTable::BranchEqual, &BranchEqualRow::new(executed));
            }
            Operation::Op(Op::Blez | Op::Bgtz | Op::Bltz | Op::Bgez) => {
                self.add(AnyTable::BranchZero, &BranchZeroRow::new(executed));
            }
            Operation::Op(Op::J | Op::Jal | Op::Jr | Op::Jalr) => {
                self.add(AnyTable::Jump, &JumpRow::new(executed));
            }
            Operation::Op(Op::Mul | Op::Mult | Op::Multu | Op::Dmult | Op::Dmultu) => {
                self.add(AnyTable::Multiply, &MultiplyRow::new(executed));
            }
            Operation::Op(Op::Div | Op::Divu | Op::Ddiv | Op::Ddivu) => {
                self.add(AnyTable::Divide, &DivideRow::new(executed));
            }
            Operation::Op(_) => return false,
        }
        true
    }

    /// Adds a row.
    pub(super) fn add(&mut self, table: AnyTable, row: &impl Row<Val>) {
        self.cells[table as usize].extend_from_slice(row.cells());
    }

    /// The rows of a table.
    pub(crate) fn rows(&self, table: AnyTable) -> impl Iterator<Item = &[Val]> {
        self.cells[table as usize].chunks_exact(table.width())
    }

    /// Fills each table to a power of two rows, and counts how often the rows of the fixed tables are used. `window` is
    /// the upper half of all code addresses, in limbs.
    pub(crate) fn finish(mut self, window: [Val; 2]) -> Vec<RowMajorMatrix<Val>> {
        let uses = Uses::count(&mut self, &window);
        for (table, counts) in uses.into_tables() {
            self.cells[table as usize] = counts;
        }
        let fill = |(table, mut cells): (&AnyTable, Vec<Val>)| {
            let rows = cells.len() / table.width();
            cells.resize(rows.next_power_of_two() * table.width(), Val::ZERO);
            RowMajorMatrix::new(cells, table.width())
        };
        AnyTable::ALL.iter().zip(self.cells).map(fill).collect()
    }
}
