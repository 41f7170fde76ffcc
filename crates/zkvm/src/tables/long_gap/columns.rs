//! The columns.

use crate::{row::rows, word::Word};

/// A long gap of one cell.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct LongGapRow<T> {
    /// 1 if the cell is a register.
    pub(super) register: T,
    /// 1 if the cell is a word of memory.
    pub(super) memory: T,
    /// 1 if the cell is one of the machine's own state.
    pub(super) system: T,
    /// The address of the word; of the others, the number of the cell and zeros.
    pub(super) cell: Word<T>,
    pub(super) value: Word<T>,
    /// The time of the last store, of memory.
    pub(super) stored: T,
    /// The time of the last access.
    pub(super) before: T,
    /// A later time, in two parts: the lowest 12 bits and the next 12 bits.
    pub(super) after: [T; 2],
    /// How much later it is, less 1, in two parts: the lowest 12 bits and the next 12 bits.
    pub(super) gap: [T; 2],
}

rows!(LongGapRow);
