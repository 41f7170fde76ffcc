//! The rows of all tables.

use super::{Executed, uses::Uses};
use crate::{
    air::AnyTable,
    decode::Operation,
    row::Row,
    stark::Val,
    tables::{
        AddImmediateRow, AddRow, BranchEqualRow, BranchLinkRow, BranchZeroRow, CompareRow,
        ConditionalMoveRow, CountRow, DivideRow, HashRow, JumpRow, LinkedRow, LoadConstantRow, LoadDoubleRow,
        LoadNarrowRow, LogicImmediateRow, LogicRow, MoveRow, MultiplyRow, NopRow, Sha256Row, ShiftRow,
        StoreDoubleRow, StoreNarrowRow, UnalignedRow,
    },
};
use core::mem;
use p3_air::BaseAir;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use tribunal_mips::Op;

/// The least rows of a table.
const LEAST_ROWS: usize = 16;

/// The rows of all tables, as they grow.
pub(crate) struct Tables {
    /// The cells of each table, row by row, in the order of [`AnyTable`].
    cells: Vec<Vec<Val>>,
}

/// The tables of a segment, ready to be proven.
pub(crate) struct Filled {
    /// Each table, filled to a power of two rows.
    pub(crate) matrices: Vec<RowMajorMatrix<Val>>,
    /// How many rows each table had before.
    pub(crate) rows: Vec<usize>,
}

impl Default for Tables {
    fn default() -> Self {
        Self { cells: vec![Vec::new(); AnyTable::COUNT] }
    }
}

impl Tables {
    /// Adds the row of an instruction. Returns whether there is a table for it.
    pub(crate) fn push(&mut self, executed: &Executed) -> bool {
        match executed.decoded.operation {
            Operation::Nop => self.add(AnyTable::Nop, &NopRow::new(executed)),
            Operation::Move => self.add(AnyTable::Move, &MoveRow::new(executed)),
            Operation::Op(Op::Lui) => self.add(AnyTable::LoadConstant, &LoadConstantRow::new(executed)),
            Operation::Op(Op::Movz | Op::Movn) => {
                self.add(AnyTable::ConditionalMove, &ConditionalMoveRow::new(executed));
            }
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
            Operation::Op(
                Op::Sll
                | Op::Srl
                | Op::Sra
                | Op::Sllv
                | Op::Srlv
                | Op::Srav
                | Op::Dsll
                | Op::Dsrl
                | Op::Dsra
                | Op::Dsllv
                | Op::Dsrlv
                | Op::Dsrav,
            ) => self.add(AnyTable::Shift, &ShiftRow::new(executed)),
            Operation::Op(Op::Clz | Op::Clo | Op::Dclz | Op::Dclo) => {
                self.add(AnyTable::Count, &CountRow::new(executed));
            }
            Operation::Op(Op::Beq | Op::Bne) => {
                self.add(AnyTable::BranchEqual, &BranchEqualRow::new(executed));
            }
            Operation::Op(Op::Blez | Op::Bgtz | Op::Bltz | Op::Bgez) => {
                self.add(AnyTable::BranchZero, &BranchZeroRow::new(executed));
            }
            Operation::Op(Op::Bltzal | Op::Bgezal) => {
                self.add(AnyTable::BranchLink, &BranchLinkRow::new(executed));
            }
            Operation::Op(Op::J | Op::Jal | Op::Jr | Op::Jalr) => {
                self.add(AnyTable::Jump, &JumpRow::new(executed));
            }
            Operation::Op(Op::Ld) => {
                self.add(AnyTable::LoadDouble, &LoadDoubleRow::new(executed));
            }
            Operation::Op(Op::Sd) => {
                self.add(AnyTable::StoreDouble, &StoreDoubleRow::new(executed));
            }
            Operation::Op(Op::Lb | Op::Lbu | Op::Lh | Op::Lhu | Op::Lw | Op::Lwu) => {
                self.add(AnyTable::LoadNarrow, &LoadNarrowRow::new(executed));
            }
            Operation::Op(Op::Sb | Op::Sh | Op::Sw) => {
                self.add(AnyTable::StoreNarrow, &StoreNarrowRow::new(executed));
            }
            Operation::Op(Op::Lwl | Op::Lwr | Op::Ldl | Op::Ldr | Op::Swl | Op::Swr | Op::Sdl | Op::Sdr) => {
                self.add(AnyTable::Unaligned, &UnalignedRow::new(executed));
            }
            Operation::Op(Op::Mul | Op::Mult | Op::Multu | Op::Dmult | Op::Dmultu) => {
                self.add(AnyTable::Multiply, &MultiplyRow::new(executed));
            }
            Operation::Op(Op::Div | Op::Divu | Op::Ddiv | Op::Ddivu) => {
                self.add(AnyTable::Divide, &DivideRow::new(executed));
            }
            Operation::Op(Op::Ll | Op::Lld | Op::Sc | Op::Scd) => {
                self.add(AnyTable::Linked, &LinkedRow::new(executed));
            }
            Operation::Op(_) => return false,
        }
        true
    }

    /// Adds a row to a table.
    pub(crate) fn add(&mut self, table: AnyTable, row: &impl Row<Val>) {
        self.cells[table as usize].extend_from_slice(row.cells());
    }

    /// The number of rows of a table so far.
    pub(crate) fn len(&self, table: AnyTable) -> usize {
        self.cells[table as usize].len() / table.width()
    }

    /// The cells of all rows of a table.
    pub(crate) fn all_rows(&self, table: AnyTable) -> &[Val] {
        &self.cells[table as usize]
    }

    /// The rows of a table.
    #[cfg(test)]
    pub(crate) fn rows(&self, table: AnyTable) -> impl Iterator<Item = &[Val]> {
        self.cells[table as usize].chunks_exact(table.width())
    }

    /// The cells of a table, to forge them.
    #[cfg(test)]
    pub(crate) fn cells(&mut self, table: AnyTable) -> &mut Vec<Val> {
        &mut self.cells[table as usize]
    }

    /// Finishes the tables of an execution segment with these public values.
    #[cfg(test)]
    pub(crate) fn finish(self, public: &[Val]) -> Vec<RowMajorMatrix<Val>> {
        self.finish_kind(AnyTable::ALL, public).matrices
    }

    /// Counts how often the rows of the fixed tables are used, and fills each table to a power of two rows. `kind` are the
    /// tables of this kind of segment, and `public` are the public values of the segment.
    pub(crate) fn finish_kind(mut self, kind: &[AnyTable], public: &[Val]) -> Filled {
        let uses = Uses::count(&mut self, kind, public);
        for (table, cells) in uses.into_tables() {
            self.cells[table as usize] = cells;
        }
        let mut used = Vec::with_capacity(kind.len());
        let mut fill = |&table: &AnyTable| {
            let mut cells = mem::take(&mut self.cells[table as usize]);
            let width = table.width();
            used.push(cells.len() / width);
            let rows = (cells.len() / width).next_power_of_two().max(LEAST_ROWS);
            // A row of zeros is not right in these tables.
            let filler = match table {
                AnyTable::Hash => HashRow::new([Val::ZERO; 16], 0).cells().to_vec(),
                AnyTable::Sha256 => Sha256Row::filler().cells().to_vec(),
                _ => Vec::new(),
            };
            cells.reserve_exact(rows * width - cells.len());
            if filler.is_empty() {
                cells.resize(rows * width, Val::ZERO);
            }
            while cells.len() < rows * width {
                cells.extend_from_slice(&filler);
            }
            RowMajorMatrix::new(cells, width)
        };
        let matrices = kind.iter().map(&mut fill).collect();
        Filled { matrices, rows: used }
    }
}
