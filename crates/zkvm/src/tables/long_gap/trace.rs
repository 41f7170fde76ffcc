//! How a row is made.

use super::LongGapRow;
use crate::{stark::Val, word::word};
use p3_field::PrimeCharacteristicRing;

/// A cell of one of the spaces.
#[derive(Debug, Clone, Copy)]
pub(crate) enum GapCell {
    /// A register.
    Register(u8),
    /// The word of memory at that address, with the time of its last store.
    Memory(u64, u32),
    /// A cell of the machine's own state.
    System(u32),
}

impl LongGapRow<Val> {
    /// Moves a cell from the time `before` to the time `after`.
    pub(crate) fn new(cell: GapCell, value: u64, before: u32, after: u32) -> Self {
        let parts = |time: u32| [time & 0xfff, time >> 12].map(Val::from_u32);
        let (place, stored) = match cell {
            GapCell::Register(register) => (register.into(), 0),
            GapCell::Memory(address, stored) => (address, stored),
            GapCell::System(cell) => (cell.into(), 0),
        };
        Self {
            register: Val::from_bool(matches!(cell, GapCell::Register(_))),
            memory: Val::from_bool(matches!(cell, GapCell::Memory(..))),
            system: Val::from_bool(matches!(cell, GapCell::System(_))),
            cell: match cell {
                GapCell::System(cell) => [Val::from_u32(cell), Val::ZERO, Val::ZERO, Val::ZERO],
                GapCell::Register(_) | GapCell::Memory(..) => word(place),
            },
            value: word(value),
            stored: Val::from_u32(stored),
            before: Val::from_u32(before),
            after: parts(after),
            gap: parts(after - before - 1),
        }
    }
}
