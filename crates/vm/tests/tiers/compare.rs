//! Runs a program in all tiers and compares.

use tribunal_vm::{Machine, NoOracle, State};

/// Steps after which a program has been run long enough.
pub(crate) const LONG_ENOUGH: u64 = 3000;

/// Runs a program from the state that `state` makes, step by step, interpreted and compiled, and compares the states at
/// the given distances.
///
/// # Panics
/// If they differ.
pub(crate) fn compare(state: impl Fn() -> State, distances: &[u16]) {
    compare_machines(|| Machine::new(state(), Box::new(NoOracle), Box::new(|_, _| {})), distances);
}

/// As [`compare`], with machines that `machine` makes.
///
/// # Panics
/// If they differ.
pub(crate) fn compare_machines(machine: impl Fn() -> Machine, distances: &[u16]) {
    let (mut exact, mut interpreted, mut compiled) = (machine(), machine(), machine());
    interpreted.use_interpreter_only(true);
    compiled.compile_synchronously(2);
    let mut until = 0;
    for distance in distances.iter().cycle().take_while(|_| !distances.is_empty()) {
        until += u64::from(*distance % 400) + 1;
        let expected = (|| {
            while exact.state().step() < until && !exact.state().exited() {
                exact.step().map_err(|error| error.to_string())?;
            }
            Ok(exact.witness())
        })();
        for (tier, machine) in [("interpreted", &mut interpreted), ("compiled", &mut compiled)] {
            let outcome = machine.run(until, false).map_err(|error| error.to_string());
            let outcome = outcome.map(|_| machine.witness());
            let threads = |machine: &Machine| format!("{:x?}", machine.state().current_thread());
            assert_eq!(
                outcome,
                expected,
                "{tier} at {until}: {} instead of {}",
                threads(machine),
                threads(&exact)
            );
            assert_eq!(machine.state().memory().page_count(), exact.state().memory().page_count());
            assert_eq!(machine.stats(), exact.stats(), "{tier} at {until}");
            assert_eq!(machine.preimage_totals(), exact.preimage_totals(), "{tier} at {until}");
            if expected.is_ok() {
                let read = machine.last_preimage_read();
                assert_eq!(read, exact.last_preimage_read(), "{tier} at {until}");
            }
        }
        if expected.is_err() || exact.state().exited() || until > LONG_ENOUGH {
            return;
        }
    }
}
