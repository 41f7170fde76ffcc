//! The end of a segment: the rows that say what the steps before it left behind.

use super::{NotProvable, Reason, Recorded, Recorder, place, reach};
use crate::{
    air::AnyTable,
    bus::SLOTS,
    statement::{Position, SegmentStatement, SystemCell},
    tables::{
        Border, CellsRow, CodeRow, FIRST_TIME, GapCell, LastReservation, MemoryBoundaryRow, NodeRow,
        SWITCH_OFFSET, SegmentRow,
    },
    trace::{StateTree, TouchedLeaf, TouchedMemory, counters},
};
use tribunal_mips::WORD_MASK;
use tribunal_vm::State;

impl Recorder {
    /// Ends the segment in the state that the machine is in now, and brings the tree up to date.
    pub(crate) fn finish(mut self, state: &State, tree: &mut StateTree) -> Result<Recorded, NotProvable> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        let steps = self.steps();
        let border = self.close(state);
        let mut memory = self.memory.into_leaves();
        let words = self.code.in_order().flat_map(|(start, page)| (start as u32 >> 2..).zip(&page.0));
        for (pc, &uses) in words.filter(|(_, uses)| **uses != 0) {
            let leaf = u64::from(self.window) << 27 | u64::from(pc) >> 3;
            if let Ok(found) = memory.binary_search_by_key(&leaf, |(leaf, _)| *leaf) {
                let memory = &mut memory[found].1;
                memory.code_uses += 1;
                let row = CodeRow::new(pc, memory.leaf.old, uses);
                if memory.stored != [0; 4] || row.is_none() {
                    let pc = u64::from(self.window) << 32 | u64::from(pc) << 2;
                    return Err(NotProvable { step: self.step, pc, reason: Reason::StoredCode });
                }
                if let Some(row) = row {
                    self.tables.add(AnyTable::Code, &row);
                }
            }
        }
        for (leaf, touched) in &memory {
            self.tables.add(AnyTable::MemoryBoundary, &MemoryBoundaryRow::new(*leaf, touched));
        }
        for (table, leaves) in [(AnyTable::Registers, &self.registers), (AnyTable::System, &self.system)] {
            for (index, leaf) in (0..).zip(leaves) {
                self.tables.add(table, &CellsRow::new(index, leaf));
            }
        }
        for (&index, leaf) in &self.records {
            self.tables.add(AnyTable::System, &CellsRow::new(index, leaf));
        }
        let oracle = self.oracle.finish(&mut self.tables);
        let digests = |leaves: &[TouchedLeaf]| {
            (0..).zip(leaves).map(|(index, leaf)| (index, leaf.digest())).collect::<Vec<_>>()
        };
        let touched = [
            memory.iter().map(|(index, memory)| (*index, memory.leaf.digest())).collect(),
            digests(&self.registers),
            digests(&self.system)
                .into_iter()
                .chain(self.records.iter().map(|(index, leaf)| (u64::from(*index), leaf.digest())))
                .collect(),
            oracle,
        ];
        for node in tree.update(touched) {
            self.tables.add(AnyTable::Node, &NodeRow::new(&node));
        }
        self.tables.add(AnyTable::Segment, &SegmentRow::new(&border));
        let [pc, next_pc] = counters(state);
        let statement = SegmentStatement {
            window: self.window,
            before: self.before,
            after: Position { root: tree.root(), pc, next_pc, step: state.step() },
            steps,
        };
        Ok(Recorded { statement, tables: self.tables })
    }

    /// Makes the last accesses of the segment: those that turn the cells that hold times back into what the VM has.
    fn close(&mut self, state: &State) -> Border {
        let (leaf, word) = place(SystemCell::SinceSwitch as u32);
        let before = self.system[leaf].old[word] as u32;
        let after = state.steps_since_switch();
        let first_step = FIRST_TIME / SLOTS;
        let switch = self.close_cell(SystemCell::SinceSwitch as u32, |_| after) as u32;
        let reservation = self.close_reservation(state);
        let region = self.close_cell(SystemCell::Region as u32, |_| 0) as u32;
        Border {
            sink: (self.sink.first[0], self.sink.last[0], self.sink.new[0]),
            since: [before, after as u32],
            switch: [first_step + SWITCH_OFFSET - before, switch],
            reservation,
            region,
        }
    }

    /// Makes the last access to a cell of the machine's own state. Returns the value before it.
    fn close_cell(&mut self, cell: u32, new: impl FnOnce(u64) -> u64) -> u64 {
        let end = self.time + SLOTS;
        let (leaf, word) = place(cell);
        let leaf = &mut self.system[leaf];
        let (old, before) = (leaf.new[word], leaf.access(word, end));
        leaf.new[word] = new(old);
        reach(&mut self.tables, before, end - 1, old, GapCell::System(cell));
        old
    }

    /// Clears the reservation if its word was stored to since it was made.
    fn close_reservation(&mut self, state: &State) -> LastReservation {
        let end = self.time + SLOTS;
        let address = self.system(SystemCell::Reservation as u32 + 1);
        let (index, place) = (address >> 5, (address >> 3) as usize % 4);
        let memory = self.memory.touch(address, || {
            let words = core::array::from_fn(|word| state.memory().read_word((index << 5) + 8 * word as u64));
            TouchedMemory { leaf: TouchedLeaf::of(words), ..TouchedMemory::default() }
        });
        let (word, stored) = (memory.leaf.new[place], memory.stored[place]);
        let before = memory.leaf.access(place, end);
        reach(&mut self.tables, before, end - 1, word, GapCell::Memory(address & WORD_MASK, stored));
        let time = self.close_cell(SystemCell::ReservedAt as u32, |_| 0) as u32;
        let lost = stored > time;
        let [status, address, owner] = [0, 1, 2].map(|part| {
            let cell = SystemCell::Reservation as u32 + part;
            self.close_cell(cell, |old| if lost { 0 } else { old })
        });
        LastReservation { status, address, owner, time, word, stored }
    }
}
