//! Checks all rows of a segment together, without a proof: each holds its constraints, and all messages are received as often
//! as they are sent.

use super::judge::{is_power, is_product, is_result};
use crate::{
    air::AnyTable,
    hash::permute,
    one_row::evaluate,
    row::Row,
    stark::Val,
    tables::{opcode, range},
    trace::Recorded,
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// Whether a proof of the segment would be valid. If not, why not.
pub(crate) fn check_segment(recorded: &Recorded) -> Result<(), String> {
    let public = recorded.statement.public_values();
    let opcodes: HashSet<Vec<Val>> =
        opcode::meanings().iter().map(|meaning| meaning.cells().to_vec()).collect();
    let mut sums: HashMap<(String, Vec<Val>), Val> = HashMap::new();
    let mut unknown = None;
    for &table in AnyTable::ALL {
        for (number, row) in recorded.tables.rows(table).enumerate() {
            let fixed = if table == AnyTable::Segment { &[Val::ONE][..] } else { &[] };
            let failed = evaluate(table, row, fixed, &public[..table.public()], |message| {
                let fields: Vec<u32> = message.fields.iter().map(PrimeField32::as_canonical_u32).collect();
                let right = match message.bus {
                    "range" => fields[1] <= range::MOST_BITS as u32 && fields[0] < 1 << fields[1],
                    "byte" => fields[0] < 256 && fields[1] < 256 && fields[2] == fields[0] & fields[1],
                    "product" if table != AnyTable::Product => is_product(&fields),
                    "power" => is_power(&fields),
                    "result" => is_result(&fields),
                    "opcode" => opcodes.contains(message.fields),
                    "hash" => {
                        let (input, output) = message.fields.split_at(16);
                        permute(input.try_into().unwrap(), &mut ())[..8] == *output
                    }
                    bus => {
                        match sums.entry((bus.to_owned(), message.fields.to_vec())) {
                            Entry::Occupied(sum) if *sum.get() == -message.count => {
                                let _balanced = sum.remove();
                            }
                            sum => *sum.or_default() += message.count,
                        }
                        return;
                    }
                };
                if !right || message.count != Val::NEG_ONE {
                    unknown = Some(format!("row {number} of the table {} says {message:?}", table.name()));
                }
            });
            if let Some(constraint) = failed {
                return Err(format!(
                    "row {number} of the table {} breaks constraint {constraint}",
                    table.name()
                ));
            }
        }
    }
    if let Some(unknown) = unknown {
        return Err(unknown);
    }
    match sums.into_iter().find(|(_, sum)| *sum != Val::ZERO) {
        Some(((bus, fields), sum)) => Err(format!("{fields:?} of {bus} is sent {sum} times too often")),
        None => Ok(()),
    }
}
