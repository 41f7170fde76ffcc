//! How often each row of the fixed tables is used, and each product.

use super::Tables;
use crate::{
    air::AnyTable,
    one_row::{Message, evaluate},
    stark::Val,
    tables::{ProductRow, byte, range},
};
use alloc::collections::BTreeMap;
use core::mem;
use p3_field::{PrimeCharacteristicRing, PrimeField32};

/// How often each row of the fixed tables is used, and each product.
pub(crate) struct Uses {
    range: Vec<u32>,
    byte: Vec<u32>,
    /// How often the product of two words is used.
    products: BTreeMap<[u64; 2], u32>,
}

impl Uses {
    /// Counts the messages that rows receive from the fixed tables, and adds the rows of the products that they use. It
    /// asks the constraints for the messages, so it counts what the proof will check.
    pub(crate) fn count(tables: &mut Tables, window: &[Val]) -> Self {
        let mut uses =
            Self { range: vec![0; 2 << range::MOST_BITS], byte: vec![0; 1 << 16], products: BTreeMap::new() };
        for &table in AnyTable::ALL {
            uses.count_rows(tables, table, window);
        }
        // These rows use the fixed tables too.
        for (factors, count) in mem::take(&mut uses.products) {
            tables.add(AnyTable::Product, &ProductRow::new(factors, count));
        }
        uses.count_rows(tables, AnyTable::Product, window);
        uses
    }

    fn count_rows(&mut self, tables: &Tables, table: AnyTable, window: &[Val]) {
        for row in tables.rows(table) {
            let failed = evaluate(table, row, &[], window, false, |message| self.note(&message));
            debug_assert_eq!(failed, None, "a row of the table {} breaks a constraint", table.name());
        }
    }

    fn note(&mut self, message: &Message<'_>) {
        let number = |field: usize| message.fields[field].as_canonical_u32();
        match message.bus {
            "range" => self.range[range::row_of(number(0), number(1))] += 1,
            "byte" => self.byte[byte::row_of(number(0) as u8, number(1) as u8)] += 1,
            "product" if message.count == Val::NEG_ONE => {
                let word = |from: usize| {
                    (from..from + 4).rev().fold(0, |word, field| word << 16 | u64::from(number(field)))
                };
                *self.products.entry([word(0), word(4)]).or_default() += 1;
            }
            _ => {}
        }
    }

    /// The cells of the fixed tables.
    pub(crate) fn into_tables(self) -> [(AnyTable, Vec<Val>); 2] {
        let cells = |counts: Vec<u32>| counts.into_iter().map(Val::from_u32).collect();
        [(AnyTable::Range, cells(self.range)), (AnyTable::Byte, cells(self.byte))]
    }
}
