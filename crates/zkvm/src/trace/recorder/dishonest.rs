//! What a dishonest prover changes while a segment is recorded. What comes after it is recorded from the changed state.

use super::{Recorder, place};
use crate::{bus::SLOTS, decode::SINK};
use tribunal_mips::{HI, LO};

/// A cell of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// A register, by number.
    Register(u8),
    /// A cell of the machine's own state.
    System(u32),
    /// The word of memory at this address, a multiple of 8.
    Memory(u64),
}

impl Recorder {
    /// Gives a cell another value, and no row says so. Returns whether the segment has the cell.
    pub(crate) fn put(&mut self, cell: Cell, value: u64) -> bool {
        let word = match cell {
            Cell::Register(register) if register < SINK && register != 0 => {
                self.registers[usize::from(register) / 4].new.get_mut(usize::from(register) % 4)
            }
            Cell::Register(_) => None,
            Cell::System(cell) => {
                let (leaf, word) = place(cell);
                self.system.get_mut(leaf).map(|leaf| &mut leaf.new[word])
            }
            Cell::Memory(address) => {
                let touched = self.memory.touched(address);
                touched.map(|touched| &mut touched.leaf.new[(address >> 3) as usize % 4])
            }
        };
        word.map(|word| *word = value).is_some()
    }

    /// Lets the instruction that is executed have another destination. Returns whether it had one.
    pub(crate) fn redirect(&mut self, register: u8) -> bool {
        let decoded = self.current.as_mut().map(|current| &mut current.decoded);
        decoded
            .filter(|decoded| decoded.rd < HI.min(LO) && decoded.uses().rd)
            .map(|decoded| decoded.rd = register)
            .is_some()
    }

    /// Lets the next step begin so many steps later, or earlier.
    pub(crate) const fn shift_time(&mut self, steps: i32) {
        self.time = self.time.wrapping_add_signed(steps * SLOTS as i32);
    }

    /// Makes rows of reads that get other bytes than the pre-image has.
    pub(crate) const fn accept_wrong_reads(&mut self) {
        self.accepts_wrong_reads = true;
    }
}
