//! Checks all rows of a segment together, without a proof: each holds its constraints, and all messages are received as often
//! as they are sent.

use super::{
    go_guest,
    judge::{is_power, is_product, is_result},
};
use crate::{
    air::AnyTable,
    hash::permute,
    one_row::evaluate,
    row::Row,
    stark::Val,
    tables::{opcode, range},
    trace::{Recorded, Recorder, StateTree},
};
use p3_field::{PrimeCharacteristicRing, PrimeField32};
use std::collections::{HashMap, HashSet, hash_map::Entry};
use tribunal_vm::{Machine, NoOracle, StateVersion, load_elf};

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

/// The guests in Go, if the conformance tests have built them. Each is recorded as a whole, in segments of so many steps, of which
/// every so many and the last one are checked.
#[test]
fn guests_in_go_are_right() {
    for (name, steps, each) in
        [("hello", 50_000, 3), ("exitcode", 200_000, 5), ("futex", 100_000, 7), ("threads", 1 << 20, 11)]
    {
        let Some(elf) = go_guest(name) else { return };
        let (state, _) = load_elf(&elf, StateVersion::MultiThreaded64V5, 100_000).unwrap();
        let mut machine = Machine::new(state, Box::new(NoOracle), Box::new(|_, _| ()));
        let mut tree = StateTree::of(machine.state());
        let mut checked = Vec::new();
        let mut rows = [0; 3];
        for number in 0.. {
            if machine.state().exited() {
                break;
            }
            let mut recorder = Recorder::new(machine.state(), &tree).unwrap();
            for _ in 0..steps {
                machine.step_observed(&mut recorder).unwrap();
                if machine.state().exited() || recorder.failed().is_some() {
                    break;
                }
            }
            let recorded = recorder.finish(machine.state(), &mut tree).unwrap();
            let of = |table: AnyTable| recorded.tables.rows(table).count();
            for (rows, table) in
                rows.iter_mut().zip([AnyTable::Switch, AnyTable::Yields, AnyTable::CloneThread])
            {
                *rows += of(table);
            }
            if number % each == 0 || machine.state().exited() {
                assert_eq!(check_segment(&recorded), Ok(()), "{name}, segment {number}");
                assert_eq!(tree.root(), StateTree::of(machine.state()).root());
                checked.push(number);
            }
        }
        let state = machine.state();
        println!(
            "{name}: {} steps, exit code {}, {rows:?} switches, yields and clones, checked {checked:?}",
            state.step(),
            state.exit_code()
        );
    }
}
