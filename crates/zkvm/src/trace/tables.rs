//! The rows of all tables.

use super::{Executed, uses::Uses};
use crate::{
    air::AnyTable,
    decode::Operation,
    machine::LEAST_LOG_ROWS,
    row::Row,
    stark::Val,
    tables::{
        AddImmediateRow, AddRow, BranchEqualRow, BranchLinkRow, BranchZeroRow, CompareRow,
        ConditionalMoveRow, CountRow, DivideRow, HashRow, JumpRow, LinkedRow, LoadConstantRow, LoadDoubleRow,
        LoadNarrowRow, LogicImmediateRow, LogicRow, MoveRow, MultiplyRow, NopRow, Sha256Row, ShiftRow,
        ShiftVariableRow, StoreDoubleRow, StoreNarrowRow, UnalignedRow,
    },
};
use core::mem;
use p3_air::BaseAir;
use p3_field::PrimeCharacteristicRing;
use p3_matrix::dense::RowMajorMatrix;
use tribunal_mips::Op;

/// The height of a table with so many rows.
pub(super) fn height(rows: usize) -> usize {
    rows.next_power_of_two().max(1 << LEAST_LOG_ROWS)
}

/// The rows of the first of two tables of one kind, which have so many rows together.
fn first_of_two(rows: usize) -> usize {
    rows.checked_ilog2().map_or(0, |log_rows| 1 << log_rows)
}

/// The height of a table of an execution segment with so many rows; of both, if it comes twice.
pub(super) fn heights(table: AnyTable, rows: usize) -> usize {
    if !table.is_twice() {
        return height(rows);
    }
    let first = first_of_two(rows);
    height(first) + height(rows - first)
}

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
        let Some(table) = AnyTable::of(executed.decoded.operation) else { return false };
        match table {
            AnyTable::Nop => self.add(table, &NopRow::new(executed)),
            AnyTable::Move => self.add(table, &MoveRow::new(executed)),
            AnyTable::LoadConstant => self.add(table, &LoadConstantRow::new(executed)),
            AnyTable::ConditionalMove => self.add(table, &ConditionalMoveRow::new(executed)),
            AnyTable::Add => self.add(table, &AddRow::new(executed)),
            AnyTable::AddImmediate => self.add(table, &AddImmediateRow::new(executed)),
            AnyTable::Logic => self.add(table, &LogicRow::new(executed)),
            AnyTable::LogicImmediate => self.add(table, &LogicImmediateRow::new(executed)),
            AnyTable::Compare => self.add(table, &CompareRow::new(executed)),
            AnyTable::Shift => self.add(table, &ShiftRow::new(executed)),
            AnyTable::ShiftVariable => self.add(table, &ShiftVariableRow::new(executed)),
            AnyTable::Count => self.add(table, &CountRow::new(executed)),
            AnyTable::BranchEqual => self.add(table, &BranchEqualRow::new(executed)),
            AnyTable::BranchZero => self.add(table, &BranchZeroRow::new(executed)),
            AnyTable::BranchLink => self.add(table, &BranchLinkRow::new(executed)),
            AnyTable::Jump => self.add(table, &JumpRow::new(executed)),
            AnyTable::LoadDouble => self.add(table, &LoadDoubleRow::new(executed)),
            AnyTable::StoreDouble => self.add(table, &StoreDoubleRow::new(executed)),
            AnyTable::LoadNarrow => self.add(table, &LoadNarrowRow::new(executed)),
            AnyTable::StoreNarrow => self.add(table, &StoreNarrowRow::new(executed)),
            AnyTable::Unaligned => self.add(table, &UnalignedRow::new(executed)),
            AnyTable::Multiply => self.add(table, &MultiplyRow::new(executed)),
            AnyTable::Divide => self.add(table, &DivideRow::new(executed)),
            AnyTable::Linked => self.add(table, &LinkedRow::new(executed)),
            _ => return false,
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
        self.finish_kind(AnyTable::EXECUTION, public).matrices
    }

    /// Counts how often the rows of the fixed tables are used, and fills each table to a power of two rows. `kind` are the
    /// tables of this kind of segment, and `public` are the public values of the segment.
    pub(crate) fn finish_kind(mut self, kind: &[AnyTable], public: &[Val]) -> Filled {
        let uses = Uses::count(&mut self, kind, public);
        for (table, cells) in uses.into_tables() {
            self.cells[table as usize] = cells;
        }
        let mut used = Vec::with_capacity(kind.len());
        let mut fill = |(place, &table): (usize, &AnyTable)| {
            let mut cells = mem::take(&mut self.cells[table as usize]);
            let width = table.width();
            // Of a table that comes twice, the second one has the rows that are left.
            if kind[place + 1..].contains(&table) {
                self.cells[table as usize] = cells.split_off(first_of_two(cells.len() / width) * width);
            }
            used.push(cells.len() / width);
            let rows = height(cells.len() / width);
            // A row of zeros is not right in these tables.
            let filler = match table {
                AnyTable::Hash => HashRow::new([Val::ZERO; 16], 0).cells().to_vec(),
                AnyTable::Sha256 => Sha256Row::filler().cells().to_vec(),
                _ => Vec::new(),
            };
            cells.shrink_to(rows * width);
            cells.reserve_exact(rows * width - cells.len());
            if filler.is_empty() {
                cells.resize(rows * width, Val::ZERO);
            }
            while cells.len() < rows * width {
                cells.extend_from_slice(&filler);
            }
            RowMajorMatrix::new(cells, width)
        };
        let matrices = kind.iter().enumerate().map(&mut fill).collect();
        Filled { matrices, rows: used }
    }
}

impl AnyTable {
    /// The table of an operation. `None` for a system call, which has rows in several tables, and for what no table has.
    pub(crate) const fn of(operation: Operation) -> Option<Self> {
        Some(match operation {
            Operation::Nop => Self::Nop,
            Operation::Move => Self::Move,
            Operation::Op(Op::Lui) => Self::LoadConstant,
            Operation::Op(Op::Movz | Op::Movn) => Self::ConditionalMove,
            Operation::Op(Op::Addu | Op::Subu | Op::Daddu | Op::Dsubu) => Self::Add,
            Operation::Op(Op::Addiu | Op::Daddiu) => Self::AddImmediate,
            Operation::Op(Op::And | Op::Or | Op::Xor | Op::Nor) => Self::Logic,
            Operation::Op(Op::Andi | Op::Ori | Op::Xori) => Self::LogicImmediate,
            Operation::Op(Op::Slt | Op::Sltu | Op::Slti | Op::Sltiu) => Self::Compare,
            Operation::Op(Op::Sll | Op::Srl | Op::Sra | Op::Dsll | Op::Dsrl | Op::Dsra) => Self::Shift,
            Operation::Op(Op::Sllv | Op::Srlv | Op::Srav | Op::Dsllv | Op::Dsrlv | Op::Dsrav) => {
                Self::ShiftVariable
            }
            Operation::Op(Op::Clz | Op::Clo | Op::Dclz | Op::Dclo) => Self::Count,
            Operation::Op(Op::Beq | Op::Bne) => Self::BranchEqual,
            Operation::Op(Op::Blez | Op::Bgtz | Op::Bltz | Op::Bgez) => Self::BranchZero,
            Operation::Op(Op::Bltzal | Op::Bgezal) => Self::BranchLink,
            Operation::Op(Op::J | Op::Jal | Op::Jr | Op::Jalr) => Self::Jump,
            Operation::Op(Op::Ld) => Self::LoadDouble,
            Operation::Op(Op::Sd) => Self::StoreDouble,
            Operation::Op(Op::Lb | Op::Lbu | Op::Lh | Op::Lhu | Op::Lw | Op::Lwu) => Self::LoadNarrow,
            Operation::Op(Op::Sb | Op::Sh | Op::Sw) => Self::StoreNarrow,
            Operation::Op(Op::Lwl | Op::Lwr | Op::Ldl | Op::Ldr | Op::Swl | Op::Swr | Op::Sdl | Op::Sdr) => {
                Self::Unaligned
            }
            Operation::Op(Op::Mul | Op::Mult | Op::Multu | Op::Dmult | Op::Dmultu) => Self::Multiply,
            Operation::Op(Op::Div | Op::Divu | Op::Ddiv | Op::Ddivu) => Self::Divide,
            Operation::Op(Op::Ll | Op::Lld | Op::Sc | Op::Scd) => Self::Linked,
            Operation::Op(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p3_matrix::Matrix;

    /// The rows of two tables of a kind are those of one, in their order, and the planner knows their heights.
    #[test]
    fn rows_are_split_between_two_tables() {
        for rows in [0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 48, 49, 64] {
            let mut tables = Tables::default();
            // Rows that say nothing, which differ in a cell that is free then.
            for row in 1..=rows {
                let mut cells = vec![Val::ZERO; AnyTable::Move.width()];
                cells[0] = Val::from_usize(row);
                tables.cells(AnyTable::Move).extend(cells);
            }
            let filled = tables.finish_kind(&[AnyTable::Move, AnyTable::Byte, AnyTable::Move], &[]);
            let [first, _, second] = &filled.matrices[..] else { panic!("not three tables") };
            assert_eq!(first.height() + second.height(), heights(AnyTable::Move, rows), "{rows}");
            assert_eq!(filled.rows[0] + filled.rows[2], rows);
            let cells = [(first, filled.rows[0]), (second, filled.rows[2])].into_iter();
            let cells =
                cells.flat_map(|(table, rows)| table.rows().take(rows).map(|mut row| row.next().unwrap()));
            assert!(cells.eq((1..=rows).map(Val::from_usize)), "{rows}");
        }
    }
}
