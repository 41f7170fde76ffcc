//! How often each row of the tables is used that only send messages.

use super::Tables;
use crate::{
    air::AnyTable,
    one_row::{Message, evaluate},
    row::Row,
    stark::Val,
    tables::{HashRow, Meaning, ProductRow, byte, opcode, permutations, power, range, result},
};
use alloy_primitives::map::HashMap;
use core::{array, mem};
use p3_air::BaseAir;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The rows of a table that one thread counts at a time.
const ROWS_AT_ONCE: usize = 1 << 13;

/// How often each row is used.
pub(crate) struct Uses {
    range: Vec<u32>,
    byte: Vec<u32>,
    power: Vec<u32>,
    opcode: Vec<u32>,
    /// The place of an opcode and its selector.
    opcodes: Arc<HashMap<[u32; 2], usize>>,
    result: Vec<u32>,
    /// The place of the result of a call and its selector.
    results: Arc<HashMap<[u32; 2], usize>>,
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
        let opcodes: HashMap<_, _> = opcodes.iter().enumerate().map(place).collect();
        let results: HashMap<_, _> = (0..)
            .zip(&results)
            .map(|(place, row)| ([row.number, row.selector].map(|field| field.as_canonical_u32()), place))
            .collect();
        let mut uses = Self::none(Arc::new(opcodes), Arc::new(results));
        // Each table once, also one that comes twice.
        for table in kind.iter().copied().collect::<BTreeSet<_>>() {
            uses.count_rows(tables, table, public);
        }
        // These rows use the fixed tables too.
        for (factors, count) in mem::take(&mut uses.products) {
            tables.add(AnyTable::Product, &ProductRow::new(factors, count));
        }
        uses.count_rows(tables, AnyTable::Product, public);
        uses
    }

    /// No uses. The arguments are the places of opcodes and results.
    fn none(opcodes: Arc<HashMap<[u32; 2], usize>>, results: Arc<HashMap<[u32; 2], usize>>) -> Self {
        Self {
            range: vec![0; 2 << range::MOST_BITS],
            byte: vec![0; 1 << 16],
            power: vec![0; 32],
            opcode: vec![0; opcodes.len().next_power_of_two()],
            opcodes,
            result: vec![0; results.len().next_power_of_two()],
            results,
            products: BTreeMap::new(),
            hashes: HashMap::default(),
            keccak: Vec::new(),
        }
    }

    /// Adds those of other rows.
    fn add(&mut self, other: Self) {
        let Self { range, byte, power, opcode, opcodes: _, result, results: _, products, hashes, keccak } =
            other;
        let pairs = [
            (&mut self.range, range),
            (&mut self.byte, byte),
            (&mut self.power, power),
            (&mut self.opcode, opcode),
            (&mut self.result, result),
        ];
        for (sums, counts) in pairs {
            sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        for (factors, count) in products {
            *self.products.entry(factors).or_default() += count;
        }
        for (input, count) in hashes {
            *self.hashes.entry(input).or_default() += count;
        }
        self.keccak.extend(keccak);
    }

    fn count_rows(&mut self, tables: &Tables, table: AnyTable, public: &[Val]) {
        let public = public.get(..table.public()).unwrap_or(public);
        let none = || Self::none(self.opcodes.clone(), self.results.clone());
        let rows = tables.all_rows(table).par_chunks(ROWS_AT_ONCE * table.width());
        let counted = rows.fold(none, |mut uses, rows| {
            uses.count_some(table, rows, public);
            uses
        });
        if let Some(counted) = counted.reduce_with(|mut left, right| {
            left.add(right);
            left
        }) {
            self.add(counted);
        }
    }

    fn count_some(&mut self, table: AnyTable, rows: &[Val], public: &[Val]) {
        // Of the tables with fixed cells only those of the segment receive messages.
        let segment = matches!(table, AnyTable::Segment | AnyTable::OracleSegment);
        let fixed = if segment { &[Val::ONE][..] } else { &[] };
        for row in rows.chunks_exact(table.width()) {
            let failed = evaluate(table, row, fixed, public, |message| self.note(&message));
            debug_assert_eq!(
                failed,
                None,
                "a row of the table {} breaks a constraint: {row:?}",
                table.name()
            );
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
        let hashes: Vec<_> = self.hashes.into_iter().collect();
        let hash = |&(input, uses): &_| HashRow::new(input, uses).cells().to_vec();
        [
            (AnyTable::Range, cells(self.range)),
            (AnyTable::Byte, cells(self.byte)),
            (AnyTable::PowerOfTwo, cells(self.power)),
            (AnyTable::Opcode, cells(self.opcode)),
            (AnyTable::CallResult, cells(self.result)),
            (AnyTable::Hash, hashes.par_iter().flat_map_iter(hash).collect()),
            (AnyTable::Keccak, permutations(self.keccak)),
        ]
    }
}
