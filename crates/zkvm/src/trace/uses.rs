//! How often each row of the fixed tables is used.

use super::Tables;
use crate::{
    air::AnyTable,
    one_row::{Message, evaluate},
    stark::Val,
    tables::{byte, power, range},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};

/// How often each row of the fixed tables is used.
pub(crate) struct Uses {
    range: Vec<u32>,
    byte: Vec<u32>,
    power: Vec<u32>,
}

impl Uses {
    /// Counts the messages that rows receive from the fixed tables. It asks the constraints for the messages, so it counts
    /// what the proof will check.
    pub(crate) fn count(tables: &Tables, window: &[Val]) -> Self {
        let mut uses =
            Self { range: vec![0; 2 << range::MOST_BITS], byte: vec![0; 1 << 16], power: vec![0; 32] };
        for &table in AnyTable::ALL {
            for row in tables.rows(table) {
                let failed = evaluate(table, row, &[], window, false, |message| uses.note(&message));
                debug_assert_eq!(failed, None, "a row of the table {} breaks a constraint", table.name());
            }
        }
        uses
    }

    fn note(&mut self, message: &Message<'_>) {
        let number = |field: usize| message.fields[field].as_canonical_u32();
        match message.bus {
            "range" => self.range[range::row_of(number(0), number(1))] += 1,
            "byte" => self.byte[byte::row_of(number(0) as u8, number(1) as u8)] += 1,
            "power" => self.power[power::row_of(number(0), number(1))] += 1,
            _ => {}
        }
    }

    /// The cells of the fixed tables.
    pub(crate) fn into_tables(self) -> [(AnyTable, Vec<Val>); 3] {
        let cells = |counts: Vec<u32>| counts.into_iter().map(Val::from_u32).collect();
        [
            (AnyTable::Range, cells(self.range)),
            (AnyTable::Byte, cells(self.byte)),
            (AnyTable::PowerOfTwo, cells(self.power)),
        ]
    }
}
