//! Links from guest addresses to the host addresses of their compiled code. A jump to a constant address reads the
//! *link slot* of that address. A jump to an address in a register looks up that address in the *link table*, a
//! direct-mapped hash table.

use std::{cell::Cell, collections::HashMap};

/// The number of entries of the link table, a power of two.
pub(super) const TABLE_ENTRIES: usize = 1 << 16;
/// The bits of `pc / 4` that are the index of the entry for `pc`.
pub(super) const TABLE_MASK: u64 = TABLE_ENTRIES as u64 - 1;
/// The guest address in an empty entry. No code begins there, because it is no multiple of 4.
const NO_PC: u64 = u64::MAX;

/// An entry of the link table.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct TableEntry {
    /// The guest address.
    pub(super) pc: u64,
    /// The host address of its compiled code. In an empty entry, the host address of the miss stub.
    pub(super) code: usize,
}

/// The link table and all link slots. Compiled code contains their host addresses. The table never moves, and a slot
/// stays at its address until [`Links::flush`].
pub(super) struct Links {
    table: Box<[Cell<TableEntry>]>,
    /// The link slots by guest address. Each contains the host address of the code to continue with.
    slots: HashMap<u64, Box<Cell<usize>>>,
    /// The host address of the stub that returns to the interpreter, see [`super::stubs::miss`].
    miss_stub: usize,
}

impl Links {
    /// Links without any code: all slots and table entries lead to the stub at the host address `miss_stub`.
    pub(super) fn new(miss_stub: usize) -> Self {
        let empty = TableEntry { pc: NO_PC, code: miss_stub };
        let table = vec![Cell::new(empty); TABLE_ENTRIES].into_boxed_slice();
        Self { table, slots: HashMap::new(), miss_stub }
    }

    /// The host address of the link table.
    pub(super) fn table(&self) -> usize {
        self.table.as_ptr() as usize
    }

    /// The host address of the link slot for `pc`. Adds the slot if there is none yet. A new slot leads to the miss
    /// stub.
    pub(super) fn slot(&mut self, pc: u64) -> usize {
        let miss_stub = self.miss_stub;
        let slot = self.slots.entry(pc).or_insert_with(|| Box::new(Cell::new(miss_stub)));
        std::ptr::from_ref::<Cell<usize>>(slot) as usize
    }

    /// The number of link slots.
    pub(super) fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Empties the table and frees all link slots. Code that refers to a slot must not run any more.
    pub(super) fn flush(&mut self) {
        self.table.iter().for_each(|entry| entry.set(TableEntry { pc: NO_PC, code: self.miss_stub }));
        self.slots.clear();
    }

    /// The host address of the code for `pc`, if the table has an entry for it.
    #[inline]
    pub(super) fn get(&self, pc: u64) -> Option<usize> {
        let entry = self.table[table_index(pc)].get();
        (entry.pc == pc && pc != NO_PC).then_some(entry.code)
    }

    /// Makes all jumps to `pc` reach the code at the host address `code`. Replaces the entry of another address that
    /// has the same index in the table.
    pub(super) fn set(&mut self, pc: u64, code: usize) {
        self.table[table_index(pc)].set(TableEntry { pc, code });
        if let Some(slot) = self.slots.get(&pc) {
            slot.set(code);
        }
    }

    /// Makes all jumps to `pc` return to the interpreter.
    pub(super) fn clear(&mut self, pc: u64) {
        let entry = &self.table[table_index(pc)];
        if entry.get().pc == pc {
            entry.set(TableEntry { pc: NO_PC, code: self.miss_stub });
        }
        if let Some(slot) = self.slots.get(&pc) {
            slot.set(self.miss_stub);
        }
    }
}

#[inline]
const fn table_index(pc: u64) -> usize {
    (pc >> 2 & TABLE_MASK) as usize
}
