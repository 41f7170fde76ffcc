//! State files: none makes the reader panic, one that is read is written back as it was, and it can be run, with the same
//! outcome step by step as at once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tribunal_vm::{Machine, NoOracle, State, read_state, write_state};

const PAGES: usize = 64;
const STEPS: u64 = 300;

fn machine(state: State) -> Machine {
    Machine::new(state, Box::new(NoOracle), Box::new(|_, _| {}))
}

fn written(state: &State) -> Vec<u8> {
    let mut file = Vec::new();
    write_state(state, &mut file).expect("memory takes all that is written");
    file
}

fuzz_target!(|file: &[u8]| {
    let Ok(state) = read_state(&mut &file[..], PAGES) else { return };
    let again = written(&state);
    let copy = read_state(&mut &again[..], PAGES).expect("what was written can be read");
    assert_eq!(written(&copy), again);

    let until = state.step().saturating_add(STEPS);
    let (mut fast, mut exact) = (machine(state), machine(copy));
    let ran = fast.run(until, false);
    let stepped = loop {
        if exact.state().exited() || exact.state().step() >= until {
            break Ok(());
        }
        if let Err(error) = exact.step() {
            break Err(error);
        }
    };
    match (ran, stepped) {
        (Ok(_), Ok(())) => assert_eq!(written(fast.state()), written(exact.state())),
        (fast, exact) => {
            assert_eq!(fast.map_err(|e| e.to_string()).err(), exact.map_err(|e| e.to_string()).err())
        }
    }
});
