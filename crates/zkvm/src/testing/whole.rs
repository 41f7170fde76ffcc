//! Whole guests, without proofs.

use super::{check_segment, go_guest};
use crate::{
    air::AnyTable,
    trace::{Recorder, StateTree},
};
use tribunal_vm::{Machine, NoOracle, StateVersion, load_elf};

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
