//! How often each row of the tables is used that only send messages.

use super::Tables;
use crate::{
    air::AnyTable,
    one_row::{Message, evaluate},
    row::Row,
    stark::Val,
    tables::{HashRow, Meaning, ProductRow, byte, opcode, permutations, power, range, result},
};
use core::{array, mem};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::{BTreeMap, HashMap};

/// How often each row is used.
pub(crate) struct Uses {
    range: Vec<u32>,
    byte: Vec<u32>,
    power: Vec<u32>,
    opcode: Vec<u32>,
    /// The place of an opcode and its selector.
    opcodes: HashMap<[u32; 2], usize>,
    result: Vec<u32>,
    /// The place of the result of a call and its selector.
    results: HashMap<[u32; 2], usize>,
    /// How often the product of two words is used.
    products: BTreeMap<[u64; 2], u32>,
    /// How often a permutation is used.
    hashes: HashMap<[Val; 16], u32>,
    /// The inputs of the permutations of Keccak, each of which is used once.
    keccak: Vec<[u64; 25]>,
}

impl Uses {
    /// Counts the messages that rows receive from these tables, and adds the rows of the products that they use. It asks the
    /// constraints for the messages, so it counts what the proof will check.
    pub(crate) fn count(tables: &mut Tables, kind: &[AnyTable], public: &[Val]) -> Self {
        let opcodes = opcode::meanings();
        let results = result::outcomes();
        let place = |(place, meaning): (usize, &Meaning<Val>)| {
            ([meaning.opcode, meaning.selector].map(|field| field.as_canonical_u32()), place)
        };
        let mut uses = Self {
            range: vec![0; 2 << range::MOST_BITS],
            byte: vec![0; 1 << 16],
            power: vec![0; 32],
            opcode: vec![0; opcodes.len().next_power_of_two()],
            opcodes: opcodes.iter().enumerate().map(place).collect(),
            result: vec![0; results.len().next_power_of_two()],
            results: (0..)
                .zip(&results)
                .map(|(place, row)| ([row.number, row.selector].map(|field| field.as_canonical_u32()), place))
                .collect(),
            products: BTreeMap::new(),
            hashes: HashMap::new(),
            keccak: Vec::new(),
        };
        for &table in kind {
            uses.count_rows(tables, table, public);
        }
        // These rows use the fixed tables too.
        for (factors, count) in mem::take(&mut uses.products) {
            tables.add(AnyTable::Product, &ProductRow::new(factors, count));
        }
        uses.count_rows(tables, AnyTable::Product, public);
        uses
    }

    fn count_rows(&mut self, tables: &Tables, table: AnyTable, public: &[Val]) {
        let public = public.get(..table.public()).unwrap_or(public);
        // Of the tables with fixed cells only those of the segment receive messages.
        let segment = matches!(table, AnyTable::Segment | AnyTable::OracleSegment);
        let fixed = if segment { &[Val::ONE][..] } else { &[] };
        for (number, row) in tables.rows(table).enumerate() {
            let failed = evaluate(table, row, fixed, public, |message| self.note(&message));
            debug_assert_eq!(failed, None, "row {number} of the table {} breaks a constraint", table.name());
        }
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
            "power" => self.power[power::row_of(number(0), number(1))] += 1,
            "opcode" => self.opcode[self.opcodes[&[number(0), number(1)]]] += 1,
            "result" => self.result[self.results[&[number(0), number(1)]]] += 1,
            "product" if message.count == Val::NEG_ONE => {
                let word = |from: usize| {
                    (from..from + 4).rev().fold(0, |word, field| word << 16 | u64::from(number(field)))
                };
                *self.products.entry([word(0), word(4)]).or_default() += 1;
            }
            "keccak" => {
                let word = |lane: usize| {
                    (4 * lane..4 * lane + 4)
                        .rev()
                        .fold(0, |word, field| word << 16 | u64::from(number(field)))
                };
                self.keccak.push(array::from_fn(word));
            }
            "hash" => {
                if let Ok(input) = message.fields[..16].try_into() {
                    *self.hashes.entry(input).or_default() += 1;
                }
            }
            _ => {}
        }
    }

    /// The cells of these tables, but for the products.
    pub(crate) fn into_tables(self) -> [(AnyTable, Vec<Val>); 7] {
        let cells = |counts: Vec<u32>| counts.into_iter().map(Val::from_u32).collect();
        let hash = |(input, uses)| HashRow::new(input, uses).cells().to_vec();
        [
            (AnyTable::Range, cells(self.range)),
            (AnyTable::Byte, cells(self.byte)),
            (AnyTable::PowerOfTwo, cells(self.power)),
            (AnyTable::Opcode, cells(self.opcode)),
            (AnyTable::CallResult, cells(self.result)),
            (AnyTable::Hash, self.hashes.into_iter().flat_map(hash).collect()),
            (AnyTable::Keccak, permutations(self.keccak)),
        ]
    }
}
