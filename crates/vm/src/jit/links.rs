//! How compiled code finds the code that comes next: a cell for every address that some code jumps to, and a table, by
//! hash, for jumps to registers.

use std::{cell::Cell, collections::HashMap};

/// Entries of the table, a power of two.
pub(super) const TABLE_ENTRIES: usize = 1 << 16;
/// The table's entry for a `pc` has this number, from the low bits of `pc / 4`.
pub(super) const TABLE_MASK: u64 = TABLE_ENTRIES as u64 - 1;
/// An address that no code has.
const NOWHERE: u64 = u64::MAX;

/// An entry of the table.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct TableEntry {
    /// The address of the guest's code.
    pub(super) pc: u64,
    /// The compiled code for it.
    pub(super) code: usize,
}

/// All links of a machine's compiled code. Addresses of cells stay valid until all are given up.
pub(super) struct Links {
    table: Box<[Cell<TableEntry>]>,
    cells: HashMap<u64, Box<Cell<usize>>>,
    /// The code that returns to the interpreter.
    miss: usize,
}

impl Links {
    pub(super) fn new(miss: usize) -> Self {
        let empty = TableEntry { pc: NOWHERE, code: miss };
        Self { table: vec![Cell::new(empty); TABLE_ENTRIES].into_boxed_slice(), cells: HashMap::new(), miss }
    }

    /// Where the table lies.
    pub(super) fn table(&self) -> usize {
        self.table.as_ptr() as usize
    }

    /// Where the address of the code for `pc` stands.
    pub(super) fn cell(&mut self, pc: u64) -> usize {
        let miss = self.miss;
        let cell = self.cells.entry(pc).or_insert_with(|| Box::new(Cell::new(miss)));
        std::ptr::from_ref::<Cell<usize>>(cell) as usize
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.cells.len()
    }

    /// Gives up all cells. Nobody may use code any more that knows of one.
    pub(super) fn clear_all(&mut self) {
        self.table.iter().for_each(|entry| entry.set(TableEntry { pc: NOWHERE, code: self.miss }));
        self.cells.clear();
    }

    /// The code for `pc`, as the table has it.
    #[inline]
    pub(super) fn get(&self, pc: u64) -> Option<usize> {
        let entry = self.table[place(pc)].get();
        (entry.pc == pc && pc != NOWHERE).then_some(entry.code)
    }

    /// Has everybody who jumps to `pc` arrive at `code`.
    pub(super) fn set(&mut self, pc: u64, code: usize) {
        self.table[place(pc)].set(TableEntry { pc, code });
        if let Some(cell) = self.cells.get(&pc) {
            cell.set(code);
        }
    }

    /// Has those who jump to `pc` return to the interpreter.
    pub(super) fn clear(&mut self, pc: u64) {
        let entry = &self.table[place(pc)];
        if entry.get().pc == pc {
            entry.set(TableEntry { pc: NOWHERE, code: self.miss });
        }
        if let Some(cell) = self.cells.get(&pc) {
            cell.set(self.miss);
        }
    }
}

#[inline]
const fn place(pc: u64) -> usize {
    (pc >> 2 & TABLE_MASK) as usize
}
