//! How often each row of the tables is used that only send messages.

use super::Tables;
use crate::{
    air::AnyTable,
    one_row::{Message, evaluate},
    row::Row,
    stark::Val,
    tables::{HashRow, Meaning, byte, opcode, range},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::HashMap;

/// How often each row is used.
pub(crate) struct Uses {
    range: Vec<u32>,
    byte: Vec<u32>,
    opcode: Vec<u32>,
    opcodes: HashMap<[u32; 2], usize>,
    hash: HashMap<[Val; 16], u32>,
}

impl Uses {
    /// Counts the messages that rows receive from these tables. It asks the constraints for the messages, so it counts what
    /// the proof will check.
    pub(crate) fn count(tables: &Tables, public: &[Val]) -> Self {
        let opcodes = opcode::meanings();
        let place = |(place, meaning): (usize, &Meaning<Val>)| {
            ([meaning.opcode, meaning.selector].map(|field| field.as_canonical_u32()), place)
        };
        let mut uses = Self {
            range: vec![0; 2 << range::MOST_BITS],
            byte: vec![0; 1 << 16],
            opcode: vec![0; opcodes.len().next_power_of_two()],
            opcodes: opcodes.iter().enumerate().map(place).collect(),
            hash: HashMap::new(),
        };
        for &table in AnyTable::ALL {
            for (number, row) in tables.rows(table).enumerate() {
                let public = &public[..table.public()];
                let first = number == 0;
                let failed = evaluate(table, row, &[], public, first, |message| uses.note(&message));
                debug_assert_eq!(
                    failed,
                    None,
                    "row {number} of the table {} breaks a constraint",
                    table.name()
                );
            }
        }
        uses
    }

    fn note(&mut self, message: &Message<'_>) {
        let number = |field: usize| message.fields[field].as_canonical_u32();
        match message.bus {
            "range" => {
                let row = range::row_of(number(0), number(1));
                debug_assert!(row + 1 < self.range.len(), "{} has more than {} bits", number(0), number(1));
                self.range[row] += 1;
            }
            "byte" => self.byte[byte::row_of(number(0) as u8, number(1) as u8)] += 1,
            "opcode" => self.opcode[self.opcodes[&[number(0), number(1)]]] += 1,
            "hash" => {
                if let Ok(input) = message.fields[..16].try_into() {
                    *self.hash.entry(input).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    /// The cells of these tables.
    pub(crate) fn into_tables(self) -> [(AnyTable, Vec<Val>); 4] {
        let cells = |counts: Vec<u32>| counts.into_iter().map(Val::from_u32).collect();
        let hashes =
            self.hash.into_iter().flat_map(|(input, uses)| HashRow::new(input, uses).cells().to_vec());
        [
            (AnyTable::Range, cells(self.range)),
            (AnyTable::Byte, cells(self.byte)),
            (AnyTable::Opcode, cells(self.opcode)),
            (AnyTable::Hash, hashes.collect()),
        ]
    }
}
