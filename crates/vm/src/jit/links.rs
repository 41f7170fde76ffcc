//! Dispatch: a *link slot* for each address that compiled code jumps to, and a hash table for jumps to an address in a
//! register.

use std::{cell::Cell, collections::HashMap};

/// Entries of the table, a power of two.
pub(super) const TABLE_ENTRIES: usize = 1 << 16;
/// The index of the entry for a `pc`: the low bits of `pc / 4`.
pub(super) const TABLE_MASK: u64 = TABLE_ENTRIES as u64 - 1;
/// An address at which no code can begin.
const NOWHERE: u64 = u64::MAX;

/// An entry of the table.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct TableEntry {
    /// The address of the guest's code.
    pub(super) pc: u64,
    /// The address of the compiled code for it.
    pub(super) code: usize,
}

/// All links of a machine's compiled code. A link slot stays at its address until [`Links::flush`].
pub(super) struct Links {
    table: Box<[Cell<TableEntry>]>,
    slots: HashMap<u64, Box<Cell<usize>>>,
    /// The code that returns to the interpreter.
    miss: usize,
}

impl Links {
    pub(super) fn new(miss: usize) -> Self {
        let empty = TableEntry { pc: NOWHERE, code: miss };
        Self { table: vec![Cell::new(empty); TABLE_ENTRIES].into_boxed_slice(), slots: HashMap::new(), miss }
    }

    /// The host address of the table.
    pub(super) fn table(&self) -> usize {
        self.table.as_ptr() as usize
    }

    /// The host address of the link slot for `pc`. It contains the address of the code to continue with.
    pub(super) fn slot(&mut self, pc: u64) -> usize {
        let miss = self.miss;
        let slot = self.slots.entry(pc).or_insert_with(|| Box::new(Cell::new(miss)));
        std::ptr::from_ref::<Cell<usize>>(slot) as usize
    }

    /// The number of link slots.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Frees all link slots. Code that refers to one must not run any more.
    pub(super) fn flush(&mut self) {
        self.table.iter().for_each(|entry| entry.set(TableEntry { pc: NOWHERE, code: self.miss }));
        self.slots.clear();
    }

    /// The code for `pc`, if the table has it.
    #[inline]
    pub(super) fn get(&self, pc: u64) -> Option<usize> {
        let entry = self.table[place(pc)].get();
        (entry.pc == pc && pc != NOWHERE).then_some(entry.code)
    }

    /// Makes all jumps to `pc` reach `code`.
    pub(super) fn set(&mut self, pc: u64, code: usize) {
        self.table[place(pc)].set(TableEntry { pc, code });
        if let Some(slot) = self.slots.get(&pc) {
            slot.set(code);
        }
    }

    /// Makes all jumps to `pc` return to the interpreter.
    pub(super) fn clear(&mut self, pc: u64) {
        let entry = &self.table[place(pc)];
        if entry.get().pc == pc {
            entry.set(TableEntry { pc: NOWHERE, code: self.miss });
        }
        if let Some(slot) = self.slots.get(&pc) {
            slot.set(self.miss);
        }
    }
}

#[inline]
const fn place(pc: u64) -> usize {
    (pc >> 2 & TABLE_MASK) as usize
}
