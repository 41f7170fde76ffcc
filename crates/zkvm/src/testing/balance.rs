//! Checks all rows of a segment together, without a proof: each holds its constraints, and all messages are received as often
//! as they are sent.

use super::judge::{is_power, is_product, is_result};
use crate::{
    air::AnyTable,
    hash::permute,
    one_row::evaluate,
    row::Row,
    stark::Val,
    tables::{Sha256Row, opcode, range},
    trace::{Recorded, Tables},
};
use core::array;
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use p3_keccak::KeccakF;
use p3_symmetric::Permutation;
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::OnceLock,
};

/// A message, and how often it is sent (or received, if this is negative).
pub(crate) type Said = (&'static str, Vec<Val>, i32);

/// Whether a proof of an execution segment would be valid. If not, why not.
pub(crate) fn check_segment(recorded: &Recorded) -> Result<(), String> {
    balance(&recorded.tables, AnyTable::ALL, &recorded.statement.public_values(), &[])
}

/// Whether a proof of these tables would be valid, if `others` were said besides. If not, why not. The fixed tables, and
/// those of the hashes, are known, and need no rows.
pub(crate) fn balance(
    tables: &Tables,
    kind: &[AnyTable],
    public: &[Val],
    others: &[Said],
) -> Result<(), String> {
    let mut sums: HashMap<(String, Vec<Val>), Val> = HashMap::new();
    let mut say = |bus: &str, fields: &[Val], count: Val| match sums.entry((bus.to_owned(), fields.to_vec()))
    {
        Entry::Occupied(sum) if *sum.get() == -count => drop(sum.remove()),
        sum => *sum.or_default() += count,
    };
    for (bus, fields, count) in others {
        say(bus, fields, Val::from_i32(*count));
    }
    for &table in kind {
        let segment = matches!(table, AnyTable::Segment | AnyTable::OracleSegment);
        let fixed = if segment { &[Val::ONE][..] } else { &[] };
        if matches!(table, AnyTable::Keccak | AnyTable::Sha256) {
            continue;
        }
        for (number, row) in tables.rows(table).enumerate() {
            let mut unknown = None;
            let failed = evaluate(table, row, fixed, &public[..table.public()], |message| {
                let known = is_known(table, message.bus, message.fields);
                if known.is_none() {
                    say(message.bus, message.fields, message.count);
                } else if known == Some(false) || message.count != Val::NEG_ONE {
                    unknown.get_or_insert_with(|| format!("says {message:?}"));
                }
            });
            let unknown = failed.map(|constraint| format!("breaks constraint {constraint}")).or(unknown);
            if let Some(why) = unknown {
                return Err(format!("row {number} of the table {} {why}", table.name()));
            }
        }
    }
    match sums.into_iter().find(|(_, sum)| *sum != Val::ZERO) {
        Some(((bus, fields), sum)) => Err(format!("{fields:?} of {bus} is sent {sum} times too often")),
        None => Ok(()),
    }
}

/// Whether a row holds its constraints, and all that it looks up is in the fixed tables and those of the hashes. If not, why
/// not.
pub(crate) fn holds(table: AnyTable, row: &impl Row<Val>) -> Result<(), String> {
    let mut tables = Tables::default();
    tables.add(table, row);
    match balance(&tables, &[table], &[], &[]) {
        Err(why) if why.starts_with("row ") => Err(why),
        _ => Ok(()),
    }
}

/// Demands that a row is refused by itself, whatever other rows say.
#[track_caller]
pub(crate) fn refuses(table: AnyTable, row: &impl Row<Val>, why: &str) {
    match holds(table, row) {
        Ok(()) => panic!("a row of the table {} is not refused: {why}", table.name()),
        Err(reason) => assert!(reason.contains(why), "refused for another reason: {reason}"),
    }
}

/// Whether the table that answers for this bus has this message. `None` if no table does, or `table` is that table.
pub(super) fn is_known(table: AnyTable, bus: &str, fields: &[Val]) -> Option<bool> {
    static OPCODES: OnceLock<HashSet<Vec<Val>>> = OnceLock::new();
    let answers = match bus {
        "range" => AnyTable::Range,
        "byte" => AnyTable::Byte,
        "product" => AnyTable::Product,
        "power" => AnyTable::PowerOfTwo,
        "result" => AnyTable::CallResult,
        "opcode" => AnyTable::Opcode,
        "hash" => AnyTable::Hash,
        "keccak" => AnyTable::Keccak,
        "sha256" => AnyTable::Sha256,
        _ => return None,
    };
    if table == answers {
        return None;
    }
    let number = |field: usize| fields[field].as_canonical_u32();
    let numbers = || fields.iter().map(PrimeField32::as_canonical_u32).collect::<Vec<_>>();
    let opcodes = || opcode::meanings().iter().map(|meaning| meaning.cells().to_vec()).collect();
    Some(match bus {
        "range" => number(1) <= range::MOST_BITS as u32 && number(0) < 1 << number(1),
        "byte" => number(0) < 256 && number(1) < 256 && number(2) == number(0) & number(1),
        "product" => is_product(&numbers()),
        "power" => is_power(&numbers()),
        "result" => is_result(&numbers()),
        "opcode" => OPCODES.get_or_init(opcodes).contains(fields),
        "hash" => {
            let (input, output) = fields.split_at(16);
            input.try_into().is_ok_and(|input| permute(input, &mut ())[..8] == *output)
        }
        "keccak" => {
            let lane = |from: usize, lane: usize| {
                (from + 4 * lane..from + 4 * lane + 4)
                    .rev()
                    .fold(0, |word, field| word << 16 | u64::from(number(field)))
            };
            let mut state: [u64; 25] = array::from_fn(|place| lane(0, place));
            KeccakF.permute_mut(&mut state);
            let small = fields.iter().all(|limb| limb.as_canonical_u32() < 1 << 16);
            small && state == array::from_fn(|place| lane(100, place))
        }
        "sha256" => {
            let word = |place: usize| number(2 * place) | number(2 * place + 1) << 16;
            let state = array::from_fn(word);
            let mut block = [0; 64];
            for (place, bytes) in block.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                *bytes = word(8 + place).to_be_bytes();
            }
            let small = fields.iter().all(|limb| limb.as_canonical_u32() < 1 << 16);
            small && Sha256Row::new(&state, &block).after_words() == array::from_fn(|place| word(24 + place))
        }
        _ => return None,
    })
}
